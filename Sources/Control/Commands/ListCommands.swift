// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Commands about the address lists of acls, with HAProxy's lines and texts (HAProxy management guide 9.3).
///
/// What they change lasts until the next reload, which reads the files again.
enum ListCommands {
    static let all: [Command] = [
        Command("show acl", "[#<id>|<file>]", level: .operator, "list the address lists, or one's entries") { call in
            show(call)
        },
        Command("get acl", "#<id>|<file> <address>", level: .operator, "say whether a list has an address") { call in
            get(call)
        },
        Command("add acl", "#<id>|<file> <network>", level: .admin, "add a network to a list") { call in
            change(call, "'add acl' expects two parameters: ACL identifier and pattern.\n") { list, range in
                list.insert(range) ? .silent : .failure("The list is full.\n")
            }
        },
        Command("del acl", "#<id>|<file> <network>", level: .admin, "take a network out of a list") { call in
            change(call, "This command expects two parameters: ACL identifier and key.\n") { list, range in
                list.remove(range) ? .silent : .failure("Key not found.\n")
            }
        },
        Command("clear acl", "#<id>|<file>", level: .admin, "empty a list") { call in
            guard !call.first.isEmpty else { return .failure("Missing ACL identifier.\n") }
            guard let (_, list) = find(call) else { return .failure(unknown) }
            list.removeAll()
            return .silent
        },
    ]

    private static let unknown = "Unknown ACL identifier. Please use #<id> or <file>.\n"
    /// Entries printed in one part of the answer.
    private static let entriesPerPage = 1_000

    /// A list by its number or its file.
    private static func find(_ call: Invocation) -> (number: Int, list: AddressList)? {
        let lists = call.operations.balancer.addressLists()
        let index =
            call.first.hasPrefix("#")
            ? Int(call.first.dropFirst()) : lists.firstIndex { $0.file == call.first }
        guard let index, lists.indices.contains(index) else { return nil }
        return (index, lists[index])
    }

    private static func show(_ call: Invocation) -> Answer {
        guard !call.first.isEmpty else {
            let lines = call.operations.balancer.addressLists().enumerated().map { index, list in
                "\(index) (\(list.file.map(PlainText.line) ?? "")) \(PlainText.line(list.usage))."
                    + " curr_ver=0 next_ver=0 entry_cnt=\(list.count)\n"
            }
            return .text("# id (file) description\n" + lines.joined())
        }
        guard let (number, list) = find(call) else { return .failure(unknown) }
        let ranges = list.ranges
        return ranges.isEmpty ? .silent : .page(page(ranges, from: 0, number))
    }

    private static func page(_ ranges: [AddressRange], from start: Int, _ number: Int) -> AnswerPage {
        let end = min(start + entriesPerPage, ranges.count)
        let text = (start..<end).map { index in
            "0x\(String((number + 1) << 32 | index, radix: 16)) \(ranges[index])\n"
        }.joined()
        guard end < ranges.count else { return AnswerPage(text) }
        return AnswerPage(text) { page(ranges, from: end, number) }
    }

    private static func get(_ call: Invocation) -> Answer {
        guard call.arguments.count > 1 else {
            return .failure("This command expects two parameters: ACL identifier and key.\n")
        }
        guard let (_, list) = find(call) else { return .failure(unknown) }
        guard let address = IPAddress(call.second) else { return .failure(invalid(call.second)) }
        return .text("type=ip, case=sensitive, match=\(list.contains(address) ? "yes" : "no")\n")
    }

    private static func change(
        _ call: Invocation,
        _ usage: String,
        _ body: (AddressList, AddressRange) -> Answer
    ) -> Answer {
        guard call.arguments.count > 1 else { return .failure(usage) }
        guard let (_, list) = find(call) else { return .failure(unknown) }
        guard let range = AddressRange(loosely: call.second) else { return .failure(invalid(call.second)) }
        return body(list, range)
    }

    private static func invalid(_ text: String) -> String {
        "'\(PlainText.line(text))' is not a valid IPv4 or IPv6 address.\n"
    }
}
