// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1
import ProxyProtocol

/// One client of a page: HTTP parts to `PageSessionMachine`, answers back.
package final class PageHandler: ChannelInboundHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias OutboundOut = HTTPServerResponsePart

    /// Makes an answer elsewhere and completes on the event loop.
    package typealias Answering = @Sendable (PageRequest, any EventLoop) -> EventLoopFuture<PageAnswer>

    private var machine = PageSessionMachine()
    private let settings: PageSettings
    private let answering: Answering
    private var request: PageRequest?
    private var answer: PageAnswer?
    private var isHead = false
    private var timer: Scheduled<Void>?
    private var armed = PageSessionMachine.Wait.none

    /// - Parameter settings: for the timeouts.
    package init(settings: PageSettings, answering: @escaping Answering) {
        self.settings = settings
        self.answering = answering
    }

    package func channelActive(context: ChannelHandlerContext) {
        watch(in: context)
        context.fireChannelActive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isHead = head.method == .HEAD
            request = PageRequest(head, from: context.remoteAddress)
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            perform(machine.began(length: length, keepsAlive: head.isKeepAlive), in: context)
        case .body(let bytes):
            let action = machine.received(bytes: bytes.readableBytes)
            if action == .none { request?.body += bytes.readableBytesView }
            perform(action, in: context)
        case .end:
            perform(machine.ended(), in: context)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        perform(machine.failed(isOverlong: error == .headerOverflow), in: context)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { perform(machine.inputClosed(), in: context) }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        machine.disconnected()
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    private func perform(_ action: PageSessionMachine.Action, in context: ChannelHandlerContext) {
        switch action {
        case .none:
            break
        case .answer:
            guard let request else { return context.close(promise: nil) }
            self.request = nil
            answering(request, context.eventLoop).assumeIsolated().whenComplete { result in
                switch result {
                case .success(let answer): self.answer = answer
                case .failure: self.answer = .words(503, "the service ends")
                }
                self.perform(self.machine.answered(), in: context)
            }
        case .write(let keepsAlive):
            write(answer ?? .words(503, "the service ends"), keepsAlive: keepsAlive, in: context)
            answer = nil
        case .refuse(let status, let text):
            request = nil
            write(.words(status, text), keepsAlive: false, in: context)
        case .close:
            context.close(promise: nil)
        }
        watch(in: context)
    }

    private func write(_ answer: PageAnswer, keepsAlive: Bool, in context: ChannelHandlerContext) {
        let body = ByteBuffer(string: answer.body)
        var headers = HTTPHeaders([
            ("Content-Type", answer.contentType), ("Content-Length", "\(body.readableBytes)"),
            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ])
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        if !keepsAlive { headers.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: answer.status)
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
            promise: nil
        )
        if !isHead { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        written.assumeIsolated().whenComplete { _ in self.perform(self.machine.written(), in: context) }
    }

    /// Arms the timeout of what is waited for, once a phase: bytes that trickle do not move it.
    private func watch(in context: ChannelHandlerContext) {
        let wait = machine.wait
        guard wait != armed else { return }
        armed = wait
        timer?.cancel()
        timer = nil
        let limit: Int
        switch wait {
        case .none: return
        case .request: limit = settings.requestTimeout
        case .keepAlive: limit = settings.keepAliveTimeout
        case .answer: limit = settings.answerTimeout
        }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(max(1, limit)))) {
            guard context.channel.isActive else { return }
            self.armed = .none
            self.perform(self.machine.timedOut(), in: context)
        }
    }
}

extension PageRequest {
    /// The parts of a request that the page looks at.
    package init(_ head: HTTPRequestHead, from address: SocketAddress?) {
        let source = address.flatMap { IPAddress($0) }
        var client = "unix"
        if let source { client = source.isIPv4 ? "\(source)" : "[\(source)]" }
        if let port = address?.port { client += ":\(port)" }
        self.init(method: head.method.rawValue, target: head.uri, source: source, client: client)
        host = head.headers.first(name: "host")
        origin = head.headers.first(name: "origin")
        fetchSite = head.headers.first(name: "sec-fetch-site")
        authorization = head.headers.first(name: "authorization")
        token = head.headers.first(name: "x-relaybox-token")
    }
}
