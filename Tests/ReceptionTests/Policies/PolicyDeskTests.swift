// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Reception
import Synchronization
import Testing

/// The desk against a service on the loopback.
struct PolicyDeskTests {
    private static let question = "request=smtpd_access_policy\n\n"

    /// A service that does with each question what the script says.
    private final class Service: Sendable {
        enum Deed: Sendable {
            case say(String)
            /// Says this, then closes.
            case sayAndClose(String)
            case close
            case nothing
        }

        struct Record {
            var connections = 0
            var questions: [String] = []
        }

        let record = Mutex(Record())
        let port: Int
        private let channel: any Channel

        init(_ script: @escaping @Sendable (_ question: Int) -> Deed) async throws {
            let box = Mutex<Service?>(nil)
            let answerer: @Sendable (ByteBuffer) -> Deed = { bytes in
                let count = box.withLock { service in
                    service?.record.withLock { record in
                        record.questions.append(String(buffer: bytes))
                        return record.questions.count
                    }
                }
                return script(count ?? 0)
            }
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { child in
                    box.withLock { $0?.record.withLock { $0.connections += 1 } }
                    return child.eventLoop.makeCompletedFuture {
                        try child.pipeline.syncOperations.addHandler(Answerer(answerer))
                    }
                }
            channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            port = channel.localAddress?.port ?? 0
            box.withLock { $0 = self }
        }

        var address: FilterAddress { .ip(host: "127.0.0.1", port: port) }

        func close() async { try? await channel.close().get() }

        private final class Answerer: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            typealias OutboundOut = ByteBuffer

            let answer: @Sendable (ByteBuffer) -> Deed

            init(_ answer: @escaping @Sendable (ByteBuffer) -> Deed) { self.answer = answer }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let deed = answer(unwrapInboundIn(data))
                switch deed {
                case .say(let text), .sayAndClose(let text):
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                case .close, .nothing: break
                }
                switch deed {
                case .close, .sayAndClose: context.close(promise: nil)
                case .say, .nothing: break
                }
            }
        }
    }

    /// A desk on an event loop, and its answers one after the other.
    private struct Desk {
        let box: NIOLoopBoundBox<PolicyDesk>

        init() {
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            box = NIOLoopBoundBox.makeBoxSendingValue(PolicyDesk(on: loop), eventLoop: loop)
        }

        func ask(_ service: PolicyService, _ manner: PolicyManner) async throws -> PolicyAnswer {
            let loop = box.eventLoop
            let promise = loop.makePromise(of: PolicyAnswer.self)
            loop.execute { box.value.ask(service, manner, PolicyDeskTests.question) { promise.succeed($0) } }
            return try await promise.futureResult.get()
        }
    }

    private func manner(_ change: (inout PolicyManner) -> Void = { _ in }) -> PolicyManner {
        var manner = PolicyManner()
        manner.timeout = 20_000
        manner.retryDelay = 10
        change(&manner)
        return manner
    }

    @Test func aConnectionIsUsedAgain() async throws {
        let service = try await Service { .say("action=DUNNO \($0)\n\n") }
        let (desk, policy) = (Desk(), PolicyService(name: "inet:test", address: service.address))
        for number in 1...3 { #expect(try await desk.ask(policy, manner()) == .action("DUNNO \(number)")) }
        let record = service.record.withLock { $0 }
        #expect(record.connections == 1)
        #expect(record.questions == Array(repeating: PolicyDeskTests.question, count: 3))
        await service.close()
    }

    @Test(arguments: [
        (requests: 2, lifetime: 1_000_000, idle: 300_000, connections: 2), (0, 0, 300_000, 4), (0, 1_000_000, 0, 4),
    ])
    func aConnectionIsNotUsedForEver(_ row: (requests: Int, lifetime: Int, idle: Int, connections: Int)) async throws {
        let service = try await Service { _ in .say("action=OK\n\n") }
        let (desk, policy) = (Desk(), PolicyService(name: "inet:test", address: service.address))
        let manner = manner {
            $0.requestLimit = row.requests
            $0.lifetime = row.lifetime
            $0.idleTime = row.idle
        }
        for _ in 1...4 { #expect(try await desk.ask(policy, manner) == .action("OK")) }
        #expect(service.record.withLock { $0.connections } == row.connections)
        await service.close()
    }

    /// Postfix gives up a connection that the service has closed meanwhile, and asks on a new one.
    @Test func aServiceMayCloseWhatRests() async throws {
        let service = try await Service { _ in .sayAndClose("action=OK\n\n") }
        let (desk, policy) = (Desk(), PolicyService(name: "inet:test", address: service.address))
        let once = manner { $0.tryLimit = 1 }
        for _ in 1...5 { #expect(try await desk.ask(policy, once) == .action("OK")) }
        await service.close()
    }

    @Test func anAnswerIsTriedForAgain() async throws {
        let service = try await Service { $0 < 3 ? .close : .say("action=OK\n\n") }
        let (desk, policy) = (Desk(), PolicyService(name: "inet:test", address: service.address))
        #expect(try await desk.ask(policy, manner { $0.tryLimit = 2 }) == .failed("it closed the connection"))
        #expect(try await desk.ask(policy, manner { $0.tryLimit = 2 }) == .action("OK"))
        #expect(service.record.withLock { $0.questions.count } == 3)
        await service.close()
    }

    @Test func silenceAndNonsenseAreFailures() async throws {
        let deeds: [(Service.Deed, PolicyAnswer)] = [
            (.nothing, .failed("Connection timed out")), (.say("action=OK\n"), .failed("Connection timed out")),
            (.say("220 mail ESMTP\r\n"), .failed("'220 mail ESMTP\\r' in its answer is no attribute")),
            (.say("\n"), .failed("its answer has no action")),
            (.say("action=OK\n\naction=OK\n\n"), .failed("more than one answer to a question")),
            (.say(String(repeating: "x", count: 20_000)), .failed("an answer of more than 16384 bytes")),
        ]
        for (deed, expected) in deeds {
            let service = try await Service { _ in deed }
            let (desk, policy) = (Desk(), PolicyService(name: "inet:test", address: service.address))
            let quick = manner {
                $0.tryLimit = 1
                if expected == .failed("Connection timed out") { $0.timeout = 200 }
            }
            #expect(try await desk.ask(policy, quick) == expected)
            await service.close()
        }
    }

    @Test func nobodyThereIsAFailure() async throws {
        let service = try await Service { _ in .nothing }
        await service.close()
        let policy = PolicyService(name: "inet:test", address: service.address)
        #expect(try await Desk().ask(policy, manner()) == .failed("Connection refused"))
        let gone = PolicyService(name: "unix:test", address: .unix(path: "/nowhere/policy"))
        #expect(try await Desk().ask(gone, manner()) == .failed("No such file or directory"))
    }

    @Test func manyQuestionsAtOnceHaveConnectionsOfTheirOwn() async throws {
        let service = try await Service { .say("action=\($0)\n\n") }
        let (desk, policy) = (Desk(), PolicyService(name: "inet:test", address: service.address))
        let manner = manner()
        let answers = try await withThrowingTaskGroup(of: PolicyAnswer.self) { group in
            for _ in 1...100 { group.addTask { try await desk.ask(policy, manner) } }
            return try await group.reduce(into: [PolicyAnswer]()) { $0.append($1) }
        }
        let expected = (1...100).map { PolicyAnswer.action("\($0)") }
        #expect(Set(answers.map { "\($0)" }) == Set(expected.map { "\($0)" }))
        await service.close()
    }
}
