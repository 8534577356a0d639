import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Another process, so that the load it makes does not count as ours.
struct Child: Sendable {
    /// What this program does as a child of itself.
    enum Role: String {
        /// Sends Stasis events: port is printed; arguments: events (0: for ever).
        case eventSource = "event-source"
        /// Makes AGI calls: arguments: port, calls, at once; prints the seconds.
        case agiCaller = "agi-caller"

        func play(_ numbers: [Int]) async throws {
            switch (self, numbers.count) {
            case (.eventSource, 1): try await EventSource.run(events: numbers[0])
            case (.agiCaller, 3): try await AGICaller.run(port: numbers[0], calls: numbers[1], width: numbers[2])
            default: throw BenchFailure("\(rawValue): wrong arguments")
            }
        }
    }

    private let process: Process
    private let output: Pipe

    /// Starts this program in a role.
    static func start(_ role: Role, _ numbers: Int...) throws -> Child {
        try start(URL(filePath: "/proc/self/exe").resolvingSymlinksInPath(), [role.rawValue] + numbers.map(String.init))
    }

    static func start(_ program: URL, _ arguments: [String]) throws -> Child {
        let child = Child(process: Process(), output: Pipe())
        child.process.executableURL = program
        child.process.arguments = arguments
        child.process.standardOutput = child.output
        try child.process.run()
        return child
    }

    /// The next piece of its output, a line in all we use it for.
    @concurrent
    func line() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = output.fileHandleForReading.availableData
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    /// Everything it has to say, once it has ended.
    @concurrent
    func allOutput() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = output.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    func stop() { process.terminate() }
}

/// Ports on loopback.
enum Ports {
    /// One that nobody listens on now.
    static func free() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        guard let port = channel.localAddress?.port else { throw BenchFailure("no port") }
        return port
    }

    /// Returns once somebody listens, within ten seconds.
    static func wait(for port: Int) async throws {
        for _ in 0..<200 {
            if let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            {
                return channel.close(promise: nil)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BenchFailure("nobody listens on port \(port)")
    }
}
