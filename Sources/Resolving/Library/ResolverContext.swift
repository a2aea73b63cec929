// SPDX-License-Identifier: Apache-2.0

import CUnbound
import Synchronization

/// Owns one libunbound context: its options, its questions, and its end.
///
/// Made by whoever starts the resolver, so that bad settings are found there, then used by the resolver's thread alone.
struct ResolverContext: ~Copyable, Sendable {
    // why: the context as a number, because a pointer may not move to another thread and this value may.
    private let address: UInt
    /// Whether answers are validated.
    let validates: Bool

    /// libunbound keeps a few settings and locks for the whole process, so contexts come and go one after another.
    private static let oneByOne = Mutex(())

    /// Makes a context from settings; throws `unusable` with the one that is wrong.
    init(_ settings: ResolverSettings) throws(ResolverError) {
        let made = Self.oneByOne.withLock { _ in
            Result { () throws(ResolverError) in try Self.make(settings) }
        }
        (address, validates) = try made.get()
    }

    deinit {
        let context = OpaquePointer(bitPattern: address)
        Self.oneByOne.withLock { _ in ub_ctx_delete(context) }
    }

    private var context: OpaquePointer? { OpaquePointer(bitPattern: address) }

    /// The descriptor that is readable when `process` has something to do.
    var descriptor: Int32 { ub_fd(context) }

    /// Sends a question; its answer comes to `ResolverLoop.arrived` from within `process`, with the tag.
    func send(_ question: Question, tag: UInt) throws(ResolverError) {
        let error = ub_resolve_async(
            context,
            question.name.description,
            Int32(question.type.rawValue),
            1,
            UnsafeMutableRawPointer(bitPattern: tag),
            { tag, error, result in
                ResolverLoop.arrived(tag: UInt(bitPattern: tag), outcome: ResolverReply.outcome(error, result))
                ub_resolve_free(result)
            },
            nil
        )
        guard error == 0 else { throw ResolverReply.failure(error) }
    }

    /// Takes in the answers that have come.
    func process() throws(ResolverError) {
        let error = ub_process(context)
        guard error == 0 else { throw ResolverReply.failure(error) }
    }

    private static func make(_ settings: ResolverSettings) throws(ResolverError) -> (UInt, Bool) {
        let options = try ResolverOptions(settings)
        guard let context = ub_ctx_create() else { throw .library("out of memory or descriptors") }
        do throws(ResolverError) {
            // why: before anything else, or libunbound forks a process to do its work.
            try check(ub_ctx_async(context, 1), "threads")
            try check(ub_ctx_debugout(context, nil), "log")
            for (name, value) in options.values {
                try check(ub_ctx_set_option(context, name + ":", value), "\(name) \(value)")
            }
            for server in options.nameservers {
                try check(ub_ctx_set_fwd(context, server.forward), "name server \(server.forward)")
            }
            if let file = options.trustAnchorFile {
                try check(ub_ctx_add_ta_file(context, file), "trust anchor file \(file)")
            }
            // why: nothing is removed, but the call makes libunbound read what it has been given, and say so now.
            try check(ub_ctx_zone_remove(context, "none.invalid."), options.trustAnchorFile ?? "options")
        } catch {
            ub_ctx_delete(context)
            throw error
        }
        return (UInt(bitPattern: context), options.trustAnchorFile != nil)
    }

    private static func check(_ error: Int32, _ what: String) throws(ResolverError) {
        guard error != 0 else { return }
        throw .unusable("resolver: \(what): \(String(cString: ub_strerror(error)))")
    }
}
