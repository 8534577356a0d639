// An announcement: each caller is answered, hears it, and is hung up. With Foundation alone.
//
//     example-announcement APPLICATION [URI]
//
// Environment: TANDEM_URL and TANDEM_TOKEN, as for the examples in Python.

import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What an event tells, as far as we read it.
struct Event: Decodable {
    struct Content: Decodable {
        struct Call: Decodable { let id: String }
        struct Playback: Decodable { let uuid: String }
        let application_uuid: String?
        let call: Call?
        let call_id: String?
        let playback: Playback?
    }
    let name: String
    let data: Content
}

/// Reads Server-Sent Events as they arrive.
///
/// The session calls it on one queue, one call at a time, so what it keeps needs no lock.
final class EventReader: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private var buffer = Data()
    private let handle: @Sendable (Event) -> Void

    init(handle: @escaping @Sendable (Event) -> Void) { self.handle = handle }

    func urlSession(
        _ session: URLSession,
        dataTask: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        guard (response as? HTTPURLResponse)?.statusCode == 200 else { return completionHandler(.cancel) }
        say("ready")
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        buffer.append(data)
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            let line = buffer[buffer.startIndex..<end]
            buffer = Data(buffer[buffer.index(after: end)...])
            let mark = Data("data:".utf8)
            guard line.starts(with: mark) else { continue }
            if let event = try? JSONDecoder().decode(Event.self, from: line.dropFirst(mark.count)) { handle(event) }
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        say("the events ended: \(error.map { "\($0)" } ?? "no more")")
        exit(1)
    }
}

func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

/// What is said to whom.
struct Announcement: Sendable {
    let base: URL
    let token: String
    let application: String
    let uri: String

    func handle(_ event: Event) {
        guard event.data.application_uuid == application else { return }
        switch event.name {
        case "application_call_entered":
            guard let call = event.data.call?.id else { return }
            request("PUT", "calls/\(call)/answer")
            request("POST", "calls/\(call)/playbacks", ["uri": uri])
        case "application_playback_deleted":
            if let call = event.data.call_id { request("DELETE", "calls/\(call)") }
        default: break
        }
    }

    func listen() {
        let reader = EventReader { handle($0) }
        var events = URLRequest(url: base.appendingPathComponent("events"))
        events.setValue(token, forHTTPHeaderField: "X-Auth-Token")
        events.timeoutInterval = 86_400
        URLSession(configuration: .default, delegate: reader, delegateQueue: nil).dataTask(with: events).resume()
    }

    /// Waits for the answer. A caller who hung up meanwhile is 404, and needs nothing more.
    private func request(_ method: String, _ path: String, _ body: [String: String]? = nil) {
        var request = URLRequest(url: base.appendingPathComponent("applications/\(application)/\(path)"))
        request.httpMethod = method
        request.setValue(token, forHTTPHeaderField: "X-Auth-Token")
        request.httpBody = body.flatMap { try? JSONEncoder().encode($0) }
        let done = DispatchSemaphore(value: 0)
        URLSession.shared.dataTask(with: request) { _, answer, _ in
            say("\(method) \(path) \((answer as? HTTPURLResponse)?.statusCode ?? 0)")
            done.signal()
        }
        .resume()
        done.wait()
    }
}

let environment = ProcessInfo.processInfo.environment
guard CommandLine.arguments.count > 1, let token = environment["TANDEM_TOKEN"],
    let base = URL(string: environment["TANDEM_URL"] ?? "http://127.0.0.1:9500/1.0")
else {
    say("usage: example-announcement APPLICATION [URI], with TANDEM_URL and TANDEM_TOKEN")
    exit(2)
}
Announcement(
    base: base,
    token: token,
    application: CommandLine.arguments[1].lowercased(),
    uri: CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : "sound:hello-world"
)
.listen()
dispatchMain()
