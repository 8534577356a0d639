import AsyncHTTPClient
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOHTTP1
import NIOSSL
import Testing

@testable import API

@Suite("TLS on the port")
struct TLSTests {
    /// A certificate of our own for `localhost`, made for this run.
    private func withFiles(_ body: (TLSFiles) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tandem-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = TLSFiles(
            certificate: folder.appending(path: "cert.pem").path,
            privateKey: folder.appending(path: "key.pem").path
        )
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", files.privateKey, "-out", files.certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        try await body(files)
    }

    /// Serves `/health/live` over TLS, and hands over the port and the file of the certificate.
    private func serving(_ body: @escaping @Sendable (Int, String) async throws -> Void) async throws {
        try await withFiles { files in
            let configuration = APIConfiguration(tls: files)
            let bench = APIBench(configuration: configuration, features: [HealthRoutes { [:] }]) {}
            let server = try API.application(
                router: bench.router(),
                host: "127.0.0.1",
                port: 0,
                configuration: configuration,
                logger: APIBench.silent
            )
            try await server.test(.live) { tester in
                try await body(try #require(tester.port), files.certificate)
            }
        }
    }

    /// What `GET /health/live` answers to a client that speaks these versions alone.
    private func status(
        port: Int,
        certificate: String,
        scheme: String = "https",
        versions: ClosedRange<Int> = 2...3
    ) async throws -> UInt {
        let names: [TLSVersion] = [.tlsv1, .tlsv11, .tlsv12, .tlsv13]
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate))
        trusting.minimumTLSVersion = names[versions.lowerBound]
        trusting.maximumTLSVersion = names[versions.upperBound]
        let client = HTTPClient(configuration: HTTPClient.Configuration(tlsConfiguration: trusting))
        let outcome: Result<UInt, any Error>
        do {
            let request = HTTPClientRequest(url: "\(scheme)://localhost:\(port)/health/live")
            outcome = .success(try await client.execute(request, timeout: .seconds(5)).status.code)
        } catch {
            outcome = .failure(error)
        }
        try await client.shutdown()
        return try outcome.get()
    }

    @Test("with certificate and key the port speaks TLS, and nothing else")
    func speaksTLS() async throws {
        try await serving { port, certificate in
            let answer = try await status(port: port, certificate: certificate)
            #expect(answer == 200)
            await #expect(throws: (any Error).self) {
                try await status(port: port, certificate: certificate, scheme: "http")
            }
        }
    }

    @Test("TLS 1.0 and 1.1 are refused, 1.2 and 1.3 are spoken")
    func versions() async throws {
        try await serving { port, certificate in
            for old in 0...1 {
                await #expect(throws: (any Error).self, "1.\(old)") {
                    try await status(port: port, certificate: certificate, versions: old...old)
                }
            }
            for new in 2...3 {
                let answer = try await status(port: port, certificate: certificate, versions: new...new)
                #expect(answer == 200, "1.\(new)")
            }
        }
    }

    @Test("files that are missing or nonsense are told before the port opens")
    func missing() {
        let files = TLSFiles(certificate: "/nonexistent/cert.pem", privateKey: "/nonexistent/key.pem")
        #expect(throws: (any Error).self) { try files.configuration() }
    }
}
