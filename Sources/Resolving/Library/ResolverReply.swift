// SPDX-License-Identifier: Apache-2.0

import CUnbound

/// Turns libunbound's results into answers.
enum ResolverReply {
    /// Records of one answer that are copied at all; a DNS message cannot hold more than some thousands.
    private static let mostRecords = 4_096

    /// The outcome of a query; the result stays the caller's to free.
    static func outcome(_ error: Int32, _ result: UnsafeMutablePointer<ub_result>?) -> AnswerCache.Outcome {
        guard error == 0, let result else { return .failure(failure(error)) }
        if result.pointee.bogus != 0 {
            return .failure(.bogus(result.pointee.why_bogus.map { String(cString: $0) } ?? "no reason given"))
        }
        let existence: Answer.Existence
        switch result.pointee.rcode {
        case 0: existence = result.pointee.havedata != 0 ? .found : .noData
        case 2: return .failure(.serverFailure)
        case 3: existence = .noDomain
        default: return .failure(.response(code: Int(result.pointee.rcode)))
        }
        return .success(
            Answer(
                existence: existence,
                security: result.pointee.secure != 0 ? .secure : .insecure,
                canonicalName: result.pointee.canonname.flatMap { DomainName(String(cString: $0)) },
                records: existence == .found ? records(of: result.pointee) : [],
                ttl: Int64(max(result.pointee.ttl, 0))
            )
        )
    }

    /// What an error number of libunbound means.
    static func failure(_ error: Int32) -> ResolverError {
        if error == UB_SYNTAX.rawValue { return .invalidName }
        return .library(ub_strerror(error).map { String(cString: $0) } ?? "error \(error)")
    }

    private static func records(of result: ub_result) -> [[UInt8]] {
        guard let data = result.data, let lengths = result.len else { return [] }
        var records: [[UInt8]] = []
        while records.count < mostRecords, let bytes = data[records.count] {
            let length = min(max(Int(lengths[records.count]), 0), 65_535)
            records.append(Array(UnsafeRawBufferPointer(start: bytes, count: length)))
        }
        return records
    }
}
