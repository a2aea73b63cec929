// SPDX-License-Identifier: Apache-2.0

extension MilterResponse {
    /// The name, as Postfix's log has it.
    var name: String {
        switch self {
        case .terms: "SMFIC_OPTNEG"
        case .proceed: "SMFIR_CONTINUE"
        case .accept: "SMFIR_ACCEPT"
        case .discard: "SMFIR_DISCARD"
        case .reject: "SMFIR_REJECT"
        case .tempfail: "SMFIR_TEMPFAIL"
        case .reply: "SMFIR_REPLYCODE"
        case .shutdown: "SMFIR_SHUTDOWN"
        case .connectionFailed: "SMFIR_CONN_FAIL"
        case .skip: "SMFIR_SKIP"
        case .progress: "SMFIR_PROGRESS"
        case .edit(let edit):
            switch edit {
            case .addHeader: "SMFIR_ADDHEADER"
            case .insertHeader: "SMFIR_INSHEADER"
            case .changeHeader: "SMFIR_CHGHEADER"
            case .addRecipient: "SMFIR_ADDRCPT"
            case .deleteRecipient: "SMFIR_DELRCPT"
            case .changeSender: "SMFIR_CHGFROM"
            case .replaceBody: "SMFIR_REPLBODY"
            case .quarantine: "SMFIR_QUARANTINE"
            }
        }
    }
}
