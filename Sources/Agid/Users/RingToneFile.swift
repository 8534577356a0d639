import Core
import Foundation
public import Logging
import Synchronization

/// The file of ring tones (contract 41 `getring`), read at start and on `reload`. No file means no tones.
public final class RingToneFile: Sendable {
    private let path: String
    private let logger: Logger
    private let current: Mutex<RingTones>

    /// Reads the file at `path`. Blocks: for the start of the server.
    public init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        current = Mutex(Self.read(path, logger) ?? RingTones(INIFile("")))
    }

    /// Reads the file again. When it cannot be read the tones stay as they were; when it is gone there are
    /// none. Blocks: not for an event loop.
    public func reload() {
        guard let tones = Self.read(path, logger) else { return }
        current.withLock { $0 = tones }
    }

    var tones: RingTones { current.withLock { $0 } }

    /// `nil` when the file is there and cannot be read.
    private static func read(_ path: String, _ logger: Logger) -> RingTones? {
        guard FileManager.default.fileExists(atPath: path) else {
            logger.info("no ring tones", metadata: ["file": "\(path)"])
            return RingTones(INIFile(""))
        }
        guard let content = FileManager.default.contents(atPath: path) else {
            logger.error("ring tones cannot be read", metadata: ["file": "\(path)"])
            return nil
        }
        let file = INIFile(String(decoding: content, as: UTF8.self))
        for fault in file.faults {
            logger.error("ring tone left out", metadata: ["file": "\(path)", "cause": "\(fault)"])
        }
        return RingTones(file)
    }
}

/// What a call rings with.
struct RingTone: Hashable {
    var ring: String
    var phoneType: String
}

/// The call that a tone is looked for.
struct RingingCall: Hashable {
    var number: String
    var context: String
    /// Zone, `intern` or `extern`.
    var origin: String
    /// Kind of the object that forwarded the call here: `user`, `group`, `queue` …
    var referer: String
    var isForwarded: Bool
}

/// The content of the file: section `number` names the section of each number.
struct RingTones: Hashable {
    private var sections: [String: [String: String]] = [:]

    init(_ file: INIFile) {
        for section in file.sections {
            sections[section.name, default: [:]].merge(section.values) { _, later in later }
        }
    }

    /// The tone of a call; `nil`: the phone's own.
    func tone(of call: RingingCall) -> RingTone? {
        let context = "@\(call.context)".lowercased()
        let number = call.number.lowercased() + context
        guard let numbers = sections["number"], numbers["!\(number)"] == nil,
            let name = numbers[number] ?? numbers[context], let section = sections[name],
            let phoneType = section["phonetype"]
        else { return nil }
        let forwarded = call.isForwarded
        let origin = call.origin.lowercased()
        let from = "\(call.referer.lowercased())@\(origin)"
        let keys = [
            forwarded ? "\(from)&forwarded" : nil, from, forwarded ? "\(origin)&forwarded" : nil,
            forwarded ? "forward" : nil, origin,
        ]
        guard let ring = keys.lazy.compactMap({ $0.flatMap { section[$0] } }).first else { return nil }
        return RingTone(ring: ring, phoneType: phoneType)
    }
}
