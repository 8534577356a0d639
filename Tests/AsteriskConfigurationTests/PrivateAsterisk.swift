import Foundation

@testable import TandemLab

/// An Asterisk of its own on generated files, beside the lab's. The lab's files that are not generated stay.
struct PrivateAsterisk {
    /// Contexts that generated files refer to, and where the dialplan has them.
    static let neededContexts = [
        "tandem-internal-rest", "tandem-incall-rest", "tandem-other-rest", "wazo-meeting-user", "contextlib",
    ]

    /// A number in context site-in that says what the channel knows.
    static let probe = "5999"

    let folder: URL
    let sipPort: Int
    let managerPort: Int
    private let lab: LabEnvironment
    private let variables: [String]

    /// Where the generated files belong.
    var generated: URL { folder.appendingPathComponent("etc/tandem") }
    var music: URL { folder.appendingPathComponent("moh") }

    /// Chooses ports and writes the files that are not generated.
    init(in lab: LabEnvironment) throws {
        self.lab = lab
        let base = Int.random(in: 20_000..<39_000)
        sipPort = base
        managerPort = base + 1
        // Short, since a unix socket goes there.
        folder = lab.state.appendingPathComponent("a\(base)")
        let templates = folder.appendingPathComponent("templates")
        variables = [
            "LAB_STATE=\(folder.path)", "LAB_WITH=asterisk", "LAB_ETC=\(templates.path)", "LAB_SIP_PORT=\(sipPort)",
            "LAB_AMI_PORT=\(managerPort)", "LAB_HTTP_PORT=\(base + 2)",
        ]
        for path in [
            generated, templates, music.appendingPathComponent("default"), music.appendingPathComponent("jazz"),
        ] {
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        }
        for name in ["default", "jazz"] {
            try Data(repeating: 0, count: 320).write(to: music.appendingPathComponent("\(name)/silence.sln"))
        }
        try writeTemplates(templates)
    }

    private func writeTemplates(_ templates: URL) throws {
        let originals = lab.scripts.appendingPathComponent("asterisk-etc")
        for file in try FileManager.default.contentsOfDirectory(at: originals, includingPropertiesForKeys: nil) {
            try FileManager.default.copyItem(at: file, to: templates.appendingPathComponent(file.lastPathComponent))
        }
        let generated = [
            "pjsip", "queues", "voicemail", "confbridge", "res_parking", "musiconhold", "features", "rtp",
        ]
        for name in generated {
            try write("#include \"tandem/\(name).conf\"\n", templates.appendingPathComponent("\(name).conf"))
        }
        let dialplan = lab.scripts.appendingPathComponent("../../dialplan").standardized
        let known = try FileManager.default.contentsOfDirectory(at: dialplan, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "conf" }.map { try String(contentsOf: $0, encoding: .utf8) }.joined(
                separator: "\n"
            )
        let missing = Self.neededContexts.filter { !known.contains("\n[\($0)]") }.map { "[\($0)]\n" }.joined()
        try write(
            """
            [general]
            static = yes
            writeprotect = yes
            autofallthrough = yes
            #include "@DIALPLAN@/*.conf"
            #include "tandem/extensions.conf"
            \(missing)
            ; as a site adds to a generated context
            [site-in](+)
            exten => \(Self.probe),1,Answer()
             same => n,NoOp(seen ${WAZO_PAI_FORMAT} ${WAZO_TENANT_UUID} ${WAZO_RECORDING_START_SOUND})
             same => n,Hangup()

            """,
            templates.appendingPathComponent("extensions.conf")
        )
    }

    private func write(_ text: String, _ file: URL) throws {
        try Data(text.utf8).write(to: file)
    }

    func start() async throws { try await run("up.sh") }

    /// Stops it and removes its files.
    func remove() async throws {
        try await run("down.sh")
        try FileManager.default.removeItem(at: folder)
    }

    private func run(_ script: String) async throws {
        let path = lab.scripts.appendingPathComponent(script).path
        _ = try await Command("env", variables + [path]).output(within: .seconds(60))
    }

    /// What a command of the console prints.
    func ask(_ command: String) async throws -> String {
        let path = lab.scripts.appendingPathComponent("ast").path
        return try await Command("env", variables + [path, command]).output()
    }

    /// All that it has said.
    func log() throws -> String { try String(contentsOf: folder.appendingPathComponent("log/full"), encoding: .utf8) }

    /// Warnings and errors so far, without the line that names the version.
    func complaints() throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent("log/errors"), encoding: .utf8)
            .split(separator: "\n").map(String.init).filter { $0.contains("WARNING") || $0.contains("ERROR") }
    }
}
