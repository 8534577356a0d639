import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// A scene with canaries: a FastAGI server, a context and a file that no call has a reason to reach.
struct CanaryScene {
    static let context = "canary"
    static let global = "CANARY"

    let scene: Scene
    let agi: Canary
    let file: URL

    /// Plays a scene in the office and asserts at its end that no canary was touched.
    /// - Parameters:
    ///   - phones: Contexts of the dialplan beside the canary's.
    ///   - overrides: Keys of Tandem's configuration.
    static func play(
        extra phones: String = "",
        _ overrides: [String: JSONValue] = [:],
        _ body: (CanaryScene) async throws -> Void
    ) async throws {
        let lab = try LabEnvironment()
        let agi = try await Canary.listen()
        let extra = lab.state.appendingPathComponent("etc/extensions_extra.conf")
        try (dialplan + phones).write(to: extra, atomically: true, encoding: .utf8)
        // Nowhere that an answer could tell of: hostile texts hold its path.
        let file = URL(filePath: "/tmp/tandem-canary-\(UUID().uuidString.prefix(8))")
        try? FileManager.default.removeItem(at: file)
        try await Scene.inOffice(overrides) { scene in
            try await scene.reloadDialplan()
            let canaries = CanaryScene(scene: scene, agi: agi, file: file)
            try await body(canaries)
            await canaries.areUntouched()
        }
        try? FileManager.default.removeItem(at: extra)
        await agi.close()
    }

    /// Whoever gets here, at whatever number, leaves a mark in a global.
    private static let dialplan = """
        [\(context)]
        exten => s,1,Set(GLOBAL(\(global))=${CHANNEL(name)})
         same => n,Hangup()
        exten => _[0-9a-zA-Z*#+].!,1,Goto(s,1)
        """

    private func areUntouched() async {
        #expect(agi.visitCount == 0, "a call asked a FastAGI server of a client's choice")
        #expect((try? await scene.ari.global(Self.global)) == "", "a call reached the canary's context")
        #expect(!FileManager.default.fileExists(atPath: file.path), "a call ran a command")
    }

    /// A hostile value for a variable: what a command, a context and a server of the client's choice would look like.
    func poison(for name: String) -> String {
        switch name {
        case "WAZO_AGID_IP": "127.0.0.1:\(agi.port)"
        case "TANDEM_CUSTOM_APPLICATIONS": "System"
        case let name where name.hasSuffix("_ENABLE") || name.hasSuffix("_ISDA"): "1"
        case let name where name.contains("DESTINATION"): "\(Self.context),s,1"
        case let name where name.hasPrefix("XIVO_PRESUBR"): Self.context
        default: "System(touch \(file.path))"
        }
    }
}
