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
        /// Makes AGI calls as Asterisk does (`AGICalls`).
        case agiCaller = "agi-caller"
        /// Tandem's AGI server with its handlers: port is printed; argument: the database's URI.
        case agiTandem = "agi-tandem"
        /// NIO without us, in the same dialogues: port is printed; arguments: their two files.
        case agiNIO = "agi-nio"
        /// The same in C.
        case agiReference = "agi-reference"

        func play(_ arguments: [String]) async throws {
            switch (self, arguments.count) {
            case (.eventSource, 1): try await EventSource.run(events: Int(arguments[0]) ?? 0)
            case (.agiCaller, 6...): try await AGICalls(arguments).run()
            case (.agiTandem, _), (.agiNIO, _), (.agiReference, _): try await serve(arguments)
            default: throw BenchFailure("\(rawValue): wrong arguments")
            }
        }

        /// What serves until it is stopped.
        private func serve(_ arguments: [String]) async throws {
            Child.endWithParent()
            switch (self, arguments.count) {
            case (.agiTandem, 1): try await AGITandem.run(database: arguments[0])
            case (.agiNIO, 2): try await AGIPlayer.run(cheap: arguments[0], user: arguments[1])
            case (.agiReference, 2): try await AGIReference.run(cheap: arguments[0], user: arguments[1])
            default: throw BenchFailure("\(rawValue): wrong arguments")
            }
        }
    }

    private let process: Process
    private let input: Pipe
    private let output: Pipe

    var processIdentifier: Int32 { process.processIdentifier }

    /// Starts this program in a role.
    static func start(_ role: Role, _ numbers: Int...) throws -> Child {
        try start(role, numbers.map(String.init))
    }

    static func start(_ role: Role, _ arguments: [String]) throws -> Child {
        try start(URL(filePath: "/proc/self/exe").resolvingSymlinksInPath(), [role.rawValue] + arguments)
    }

    static func start(_ program: URL, _ arguments: [String]) throws -> Child {
        let child = Child(process: Process(), input: Pipe(), output: Pipe())
        child.process.executableURL = program
        child.process.arguments = arguments
        child.process.standardInput = child.input
        child.process.standardOutput = child.output
        try child.process.run()
        return child
    }

    /// What a child says to its parent at once, such as its port.
    static func tell(_ number: Int, on descriptor: Int32 = STDOUT_FILENO) {
        FileHandle(fileDescriptor: descriptor).write(Data("\(number)\n".utf8))
    }

    /// Ends this process when its parent has ended, however that came.
    static func endWithParent() {
        Thread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            exit(0)
        }.start()
    }

    /// Tells it to go on.
    func goOn() { input.fileHandleForWriting.write(Data("\n".utf8)) }

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
