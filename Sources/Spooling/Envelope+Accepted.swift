// SPDX-License-Identifier: Apache-2.0

extension Envelope {
    /// The envelope as it is stored: with the spool's id, size and arrival, and recipients without a due time due at once.
    func accepted(as id: QueueID, size: Int, at time: Int64) -> Envelope {
        var envelope = self
        envelope.id = id
        envelope.size = size
        envelope.arrival = time
        for index in envelope.recipients.indices where envelope.recipients[index].due == 0 {
            envelope.recipients[index].due = time
        }
        return envelope
    }
}
