import FastAGI
import Logging
import TandemTesting
import Testing

@Suite("Bounds and shutdown", .timeLimit(.minutes(1)))
struct ServerBoundsTests {
    private static let noop = ClosureHandler("noop") { try await $0.noop() }
    private static let noopLines = ["NOOP", #"VERBOSE "AGI handler 'noop' successfully executed" 1"#]

    @Test("a session beyond the bound is told failure at once, and there is room again when one ends")
    func tooManySessions() async throws {
        try await withServer([Self.noop], change: { $0.maximumSessions = 2 }) { server in
            let first = try await Peer(port: server.port, script: "noop")
            let second = try await Peer(port: server.port, script: "noop")
            #expect(await first.line() == "NOOP")
            #expect(await second.line() == "NOOP")
            let third = try await Peer(port: server.port, script: "noop")
            #expect(await third.line() == "failure server is busy")
            #expect(await third.line() == nil)
            #expect(
                await server.logs.line("fastagi session refused").metadata["reason"] == "too many sessions"
            )
            try await first.close()
            #expect(await server.logs.line("agi session").metadata["outcome"] == "peer_closed")
            // The place comes free when the server has closed its side, a moment after its log line.
            var lines: [String] = []
            while lines.isEmpty || lines.last == "failure server is busy" {
                lines = try await Peer(port: server.port, script: "noop").answerAll()
            }
            #expect(lines == Self.noopLines)
            try await second.close()
        }
    }

    @Test("a peer from elsewhere is not served, and the log says why; one of the allowed is")
    func allowedPeers() async throws {
        let (loopback, elsewhere) = (AddressRange("127.0.0.0/8"), AddressRange("192.0.2.0/24"))
        try await withServer([Self.noop], change: { $0.allowedPeers = [elsewhere].compactMap { $0 } }) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(await peer.line() == nil)
            let line = await server.logs.line("fastagi session refused")
            #expect(line.metadata["reason"] == "address is not allowed")
        }
        try await withServer([Self.noop], change: { $0.allowedPeers = [elsewhere, loopback].compactMap { $0 } }) {
            let lines = try await Peer(port: $0.port, script: "noop").answerAll()
            #expect(lines == Self.noopLines)
        }
    }

    @Test("slow handlers do not block each other, nor a quick one")
    func slowHandlers() async throws {
        let gate = Gate()
        let slow = ClosureHandler("slow") { session in
            try await session.noop()
            try await gate.pass()
        }
        try await withServer([slow, Self.noop]) { server in
            let first = try await Peer(port: server.port, script: "slow")
            let second = try await Peer(port: server.port, script: "slow")
            #expect(try await first.answer() == "NOOP")
            #expect(try await second.answer() == "NOOP")
            #expect(try await Peer(port: server.port, script: "noop").answerAll() == Self.noopLines)
            gate.open()
            #expect(try await first.answer() == #"VERBOSE "AGI handler 'slow' successfully executed" 1"#)
            #expect(try await second.answer() == #"VERBOSE "AGI handler 'slow' successfully executed" 1"#)
        }
    }

    @Test("a handler that finds no place in time has its session told failure")
    func busy() async throws {
        let gate = Gate()
        let slow = ClosureHandler("slow") { session in
            try await session.noop()
            session.logger.info("slow computes")
            try await gate.pass()
        }
        try await withServer(
            [slow, Self.noop],
            change: {
                $0.maximumComputing = 1
                $0.placePatience = .milliseconds(30)
            }
        ) { server in
            let first = try await Peer(port: server.port, script: "slow")
            #expect(try await first.answer() == "NOOP")
            _ = await server.logs.line("slow computes")
            let refused = try await Peer(port: server.port, script: "noop")
            #expect(try await refused.answerAll() == ["failure server is busy"])
            let line = await server.logs.line("agi session")
            #expect(line.metadata["outcome"] == "rejected")
            #expect(line.level == .warning)
            gate.open()
            #expect(try await first.answer() == #"VERBOSE "AGI handler 'slow' successfully executed" 1"#)
        }
    }

    @Test("a handler that steps aside holds no place, and has one again behind")
    func steppingAside() async throws {
        let gate = Gate()
        let slow = ClosureHandler("slow") { session in
            let answer = try await session.whileAside {
                session.logger.info("slow waits")
                try await gate.pass()
                return 7
            }
            session.logger.info("slow computes \(answer)")
        }
        try await withServer([slow, Self.noop], change: { $0.maximumComputing = 1 }) { server in
            let first = try await Peer(port: server.port, script: "slow")
            _ = await server.logs.line("slow waits")
            #expect(try await Peer(port: server.port, script: "noop").answerAll() == Self.noopLines)
            gate.open()
            _ = await server.logs.line("slow computes 7")
            #expect(try await first.answer() == #"VERBOSE "AGI handler 'slow' successfully executed" 1"#)
        }
    }

    @Test("a handler that waits for Asterisk holds no place")
    func waitingForAsterisk() async throws {
        try await withServer([Self.noop], change: { $0.maximumComputing = 1 }) { server in
            let waiting = try await Peer(port: server.port, script: "noop")
            #expect(await waiting.line() == "NOOP")
            #expect(try await Peer(port: server.port, script: "noop").answerAll() == Self.noopLines)
            try await waiting.send("200 result=0\n")
            #expect(try await waiting.answer() == Self.noopLines[1])
        }
    }

    @Test("a session that lasts too long is ended")
    func sessionCap() async throws {
        let handler = ClosureHandler("long") { session in try await session.exec("Wait", "100000") }
        try await withServer([handler], change: { $0.sessionCap = .seconds(2) }) { server in
            let peer = try await Peer(port: server.port, script: "long")
            #expect(await peer.line() == #"EXEC Wait "100000""#)
            #expect(await peer.line() == "failure session too long")
            #expect(await peer.line() == nil)
            #expect(await server.logs.line("agi session").metadata["cause"] == "the session lasted too long")
        }
    }

    @Test("a shutdown lets a session finish and takes no new one")
    func shutdownLetsFinish() async throws {
        try await withServer([Self.noop], change: { $0.shutdownGrace = .seconds(30) }) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(await peer.line() == "NOOP")
            await server.stop()
            _ = await server.logs.line("fastagi stops")
            try await peer.send("200 result=0\n")
            #expect(try await peer.answerAll() == [Self.noopLines[1]])
            try await server.stopped()
            await #expect(throws: (any Error).self) { try await Peer(port: server.port) }
        }
    }

    @Test("a shutdown ends what does not finish in time", arguments: ["asterisk", "database", "environment"])
    func shutdownEnds(waitsFor: String) async throws {
        let gate = Gate()
        let database = ClosureHandler("database") { session in
            try await session.noop()
            try await gate.pass()
        }
        let asterisk = ClosureHandler("asterisk") { session in
            try await session.noop()
            try await session.noop()
        }
        try await withServer([database, asterisk, Self.noop], change: { $0.eventLoops = 1 }) { server in
            let peer = try await Peer(port: server.port)
            if waitsFor == "environment" {
                try await peer.send("agi_network: yes\n")
                // Connections are taken in their order, so this one has been when the next has been served.
                _ = try await Peer(port: server.port, script: "noop").answerAll()
            } else {
                try await peer.send("agi_network_script: \(waitsFor)\n\n")
                #expect(try await peer.answer() == "NOOP")
            }
            await server.stop()
            var lines: [String] = []
            while let line = await peer.line() { lines.append(line) }
            #expect(lines.last == "failure server stops")
            try await server.stopped()
        }
    }

    @Test("cancellation ends sessions with failure")
    func cancellation() async throws {
        var configuration = FastAGIConfiguration()
        configuration.port = 0
        let server = FastAGIServer(
            configuration: configuration,
            handlers: [Self.noop],
            logger: LogCapture().logger
        )
        let running = Task { try await server.run() }
        let peer = try await Peer(port: try await server.listeningPort(), script: "noop")
        #expect(await peer.line() == "NOOP")
        running.cancel()
        #expect(await peer.line()?.hasPrefix("failure") == true)
        #expect(await peer.line() == nil)
        try await running.value
    }

    @Test("an address that is taken is told to whoever runs the server and whoever waits for the port")
    func addressTaken() async throws {
        try await withServer { server in
            var configuration = FastAGIConfiguration()
            configuration.port = server.port
            let second = FastAGIServer(
                configuration: configuration,
                handlers: [],
                logger: LogCapture().logger
            )
            await #expect(throws: (any Error).self) { try await second.run() }
            await #expect(throws: (any Error).self) { try await second.listeningPort() }
        }
    }
}
