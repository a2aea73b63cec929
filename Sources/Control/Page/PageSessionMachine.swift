// SPDX-License-Identifier: Apache-2.0

/// One HTTP connection: which part of a request may come now, how long it may take, and whether the connection lives on.
package struct PageSessionMachine: Sendable {
    private enum State: Sendable, Equatable {
        /// Nothing of a request is here; `isFirst`: none ever was.
        case idle(isFirst: Bool)
        case receiving(bytes: Int, keepsAlive: Bool)
        case working(keepsAlive: Bool)
        case writing(keepsAlive: Bool)
        case closed
    }

    /// What to do next.
    package enum Action: Sendable, Equatable {
        case none
        /// The request is whole: answer it.
        case answer
        /// Write what was made, and say whether the connection lives on.
        case write(keepsAlive: Bool)
        /// Say so in words, then close.
        case refuse(status: Int, String)
        case close
    }

    /// Which of the page's timeouts runs.
    package enum Wait: Sendable, Equatable {
        case request, keepAlive, answer, none
    }

    /// Bytes of a body at most: a form with some hundred servers.
    package static let bodyLimit = 16_384

    private var state = State.idle(isFirst: true)
    private var isInputClosed = false
    /// Answers that are not yet on their way.
    private var unwritten = 0

    package init() {}

    /// What the clock is to watch now. A request counts as a whole: a client that trickles gains nothing.
    package var wait: Wait {
        switch state {
        case .idle(let isFirst): isFirst ? .request : .keepAlive
        case .receiving: .request
        case .working, .closed: .none
        case .writing: .answer
        }
    }

    /// A request line and its headers came.
    ///
    /// - Parameter length: the announced length of the body, nil where none is announced.
    package mutating func began(length: Int?, keepsAlive: Bool) -> Action {
        switch state {
        case .idle, .writing(keepsAlive: true):
            // A pipelined request comes as soon as the answer before it was handed over.
            if let length, length > Self.bodyLimit { return tooLarge() }
            state = .receiving(bytes: 0, keepsAlive: keepsAlive)
            return .none
        case .receiving, .working, .writing(keepsAlive: false), .closed:
            // The pipeline hands over one request at a time.
            return .none
        }
    }

    /// A part of the body came.
    package mutating func received(bytes: Int) -> Action {
        switch state {
        case .receiving(let before, let keepsAlive):
            let sum = before.addingReportingOverflow(max(0, bytes))
            guard !sum.overflow, sum.partialValue <= Self.bodyLimit else { return tooLarge() }
            state = .receiving(bytes: sum.partialValue, keepsAlive: keepsAlive)
            return .none
        case .idle, .working, .writing, .closed:
            return .none
        }
    }

    /// The request is complete.
    package mutating func ended() -> Action {
        switch state {
        case .receiving(_, let keepsAlive):
            state = .working(keepsAlive: keepsAlive)
            return .answer
        case .idle, .working, .writing, .closed:
            return .none
        }
    }

    /// The answer is made.
    package mutating func answered() -> Action {
        switch state {
        case .working(let keepsAlive):
            let keepsAlive = keepsAlive && !isInputClosed
            unwritten += 1
            state = .writing(keepsAlive: keepsAlive)
            return .write(keepsAlive: keepsAlive)
        case .idle, .receiving, .writing, .closed:
            return .none
        }
    }

    /// The answer is on its way to the client.
    package mutating func written() -> Action {
        unwritten = max(0, unwritten - 1)
        switch state {
        case .writing(let keepsAlive):
            guard unwritten == 0 else { return .none }
            guard keepsAlive, !isInputClosed else {
                state = .closed
                return .close
            }
            state = .idle(isFirst: false)
            return .none
        case .idle, .receiving, .working, .closed:
            return .none
        }
    }

    /// What came is no HTTP, or more of it than is read.
    package mutating func failed(isOverlong: Bool) -> Action {
        switch state {
        case .idle, .receiving:
            unwritten += 1
            state = .writing(keepsAlive: false)
            return isOverlong
                ? .refuse(status: 431, "the request's headers are too long")
                : .refuse(status: 400, "this is not HTTP as it is understood here")
        case .working, .writing:
            state = .closed
            return .close
        case .closed:
            return .none
        }
    }

    /// The timeout that `wait` named is over.
    package mutating func timedOut() -> Action {
        switch state {
        case .idle:
            state = .closed
            // why no words: a browser opens connections on suspicion, and an idle one ends without any.
            return .close
        case .receiving:
            unwritten += 1
            state = .writing(keepsAlive: false)
            return .refuse(status: 408, "the request took too long")
        case .writing:
            state = .closed
            return .close
        case .working, .closed:
            return .none
        }
    }

    /// The client sends nothing more.
    package mutating func inputClosed() -> Action {
        isInputClosed = true
        switch state {
        case .idle, .receiving:
            state = .closed
            return .close
        case .working, .writing, .closed:
            return .none
        }
    }

    /// The connection is gone.
    package mutating func disconnected() {
        state = .closed
    }

    private mutating func tooLarge() -> Action {
        unwritten += 1
        state = .writing(keepsAlive: false)
        return .refuse(status: 413, "the body is longer than \(Self.bodyLimit) bytes")
    }
}
