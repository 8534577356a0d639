import Foundation

/// What a SIPp does: a file of deploy/lab/sipp, and the words that are filled in.
enum SIPpScenario {
    case register(user: String, seconds: Int)
    case call(caller: String, number: String, audioPort: Int)
    case dial(user: String, number: String, audioPort: Int)
    case answer(user: String, afterRinging: Duration, audioPort: Int)
    case refuse(user: String, status: Int, reason: String)

    private var file: String {
        switch self {
        case .register: "register.xml"
        case .call: "call.xml"
        case .dial: "dial.xml"
        case .answer: "answer.xml"
        case .refuse: "refuse.xml"
        }
    }

    private var words: [String: String] {
        switch self {
        case .register(let user, let seconds):
            ["USER": user, "EXPIRES": "\(seconds)"]
        case .call(let caller, _, let audioPort), .dial(let caller, _, let audioPort):
            ["CALLER": caller, "AUDIO_PORT": "\(audioPort)"]
        case .answer(let user, let ringing, let audioPort):
            // SIPp knows no wait of nothing
            ["USER": user, "RING_MS": "\(max(1, ringing.milliseconds))", "AUDIO_PORT": "\(audioPort)"]
        case .refuse(let user, let status, let reason):
            ["USER": user, "STATUS": "\(status)", "REASON": reason]
        }
    }

    /// What the command line needs besides the file. A demo phone's password is its name.
    var arguments: [String] {
        switch self {
        case .register(let user, _): ["-au", user, "-ap", user]
        case .call(_, let number, _): ["-s", number]
        case .dial(let user, let number, _): ["-s", number, "-au", user, "-ap", user]
        case .answer, .refuse: []
        }
    }

    /// Writes the filled-in file and returns its place.
    func write(to folder: URL, from scripts: URL) throws -> URL {
        let template = scripts.appendingPathComponent("sipp").appendingPathComponent(file)
        var text = try String(contentsOf: template, encoding: .utf8)
        for (word, value) in words { text = text.replacingOccurrences(of: "@\(word)@", with: value) }
        let target = folder.appendingPathComponent(file)
        try Data(text.utf8).write(to: target)
        return target
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
