// SPDX-License-Identifier: Apache-2.0
// why: every dialogue file, over the whole room.

import NIOCore
import NIOEmbedded
import ProxyProtocol
import Reception
import Spooling
import Statistics
import Support
import Testing

/// Every file in `Tests/Dialogues`, replayed against a session, whole and in pieces.
struct DialogueTests {
    static let dialogues = (try? Dialogue.all()) ?? []

    @Test func thereAreDialogues() {
        #expect(DialogueTests.dialogues.count > 10)
    }

    @Test(arguments: dialogues, [1, 7, Int.max])
    func isAnsweredAsWritten(_ dialogue: Dialogue, chunk: Int) throws {
        let session = try TestSession(dialogue.settings, client: dialogue.client)
        for (line, step) in dialogue.steps {
            switch step {
            case .send(let bytes):
                try session.send(bytes, chunk: chunk)
            case .expect(let prefix):
                let reply = try session.nextReply()
                #expect(reply.hasPrefix(prefix), "\(dialogue.name).smtp:\(line): got \(reply)")
            case .wait(let seconds):
                session.loop.advanceTime(by: .seconds(Int64(seconds)))
            case .end:
                session.loop.advanceTime(by: .seconds(4))
                #expect(!session.channel.isActive, "\(dialogue.name).smtp:\(line): still open")
            }
        }
        let rest = try? session.nextReply()
        #expect(rest == nil || rest == "", "\(dialogue.name).smtp: unexpected \(rest ?? "")")
        try session.finish()
    }
}
