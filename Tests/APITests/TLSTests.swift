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

    @Test("with certificate and key the port speaks TLS, and nothing else")
    func speaksTLS() async throws {
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
            var trusting = TLSConfiguration.makeClientConfiguration()
            trusting.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(files.certificate))
            let client = HTTPClient(configuration: HTTPClient.Configuration(tlsConfiguration: trusting))
            let outcome: Result<Void, any Error>
            do {
                try await server.test(.live) { tester in
                    let port = try #require(tester.port)
                    let url = "https://localhost:\(port)/health/live"
                    let answer = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
                    #expect(answer.status.code == 200)
                    let plain = HTTPClientRequest(url: "http://localhost:\(port)/health/live")
                    await #expect(throws: (any Error).self) { try await client.execute(plain, timeout: .seconds(2)) }
                }
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            try await client.shutdown()
            try outcome.get()
        }
    }

    @Test("files that are missing or nonsense are told before the port opens")
    func missing() {
        let files = TLSFiles(certificate: "/nonexistent/cert.pem", privateKey: "/nonexistent/key.pem")
        #expect(throws: (any Error).self) { try files.configuration() }
    }
}
