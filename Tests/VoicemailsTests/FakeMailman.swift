import Core
import Foundation
import Synchronization
import TandemTesting
import Telephony

@testable import Voicemails

/// app_voicemail as far as moves and removals go: its lock, its order of renames, and its answers over the manager
/// interface, which say success whatever happened.
final class FakeMailman: ManagerControlling {
    private struct State {
        var failure: ManagerFailure?
        var isIdle = false
        var actions: [String] = []
        var pause: Duration = .zero
    }
    private let state = Mutex(State())
    let root: String

    init(root: String) { self.root = root }

    var isConnected: Bool { state.withLock { $0.failure == nil } }
    var actions: [String] { state.withLock { $0.actions } }
    /// From now on actions fail so, before anything is done.
    func fail(_ failure: ManagerFailure?) { state.withLock { $0.failure = failure } }
    /// From now on actions are answered with success and nothing is done.
    func setIdle(_ isIdle: Bool) { state.withLock { $0.isIdle = isIdle } }
    /// Pause between two renames.
    func setPause(_ pause: Duration) { state.withLock { $0.pause = pause } }

    func command(_ line: String) async throws -> [String] { [] }

    func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        let (failure, isIdle) = state.withLock { state in
            state.actions.append(action.name)
            return (state.failure, state.isIdle)
        }
        if let failure { throw failure }
        func field(_ name: String) -> String { action.fields.first { $0.name == name }?.value ?? "" }
        let verb: String
        switch action.name {
        case "VoicemailMove": verb = "move"
        case "VoicemailRemove": verb = "remove"
        default: return [["Response": "Success"]]
        }
        let box = "\(root)/\(field("Context"))/\(field("Mailbox"))"
        let done =
            if isIdle { true } else {
                await perform(
                    box,
                    field("Folder"),
                    field("ID"),
                    to: verb == "move" ? field("ToFolder") : nil
                )
            }
        return [["Response": "Success", "Message": "Message \(verb) \(done ? "successful" : "failed")\n"]]
    }

    /// The order of contract 31 §8.3.
    private func perform(_ box: String, _ folder: String, _ id: String, to target: String?) async -> Bool {
        let source = "\(box)/\(folder)"
        let files = FileManager.default
        func name(_ number: Int) -> String { FolderFiles.fileName(number) }
        func number(of path: String) -> Int? {
            (0..<10_000).first { index in
                ((try? String(contentsOfFile: "\(path)/\(name(index)).txt", encoding: .utf8)) ?? "")
                    .contains("msg_id=\(id)\n")
            }
        }
        func count(_ path: String) -> Int {
            ((try? files.contentsOfDirectory(atPath: path)) ?? []).count { $0.hasSuffix(".txt") }
        }
        guard let number = number(of: source) else { return false }
        if let target {
            let path = "\(box)/\(target)"
            try? files.createDirectory(atPath: path, withIntermediateDirectories: true)
            lock(path)
            let next = name(count(path))
            for kind in ["wav", "txt"] {
                link("\(source)/\(name(number)).\(kind)", "\(path)/\(next).\(kind)")
                await rest()
            }
            unlock(path)
        }
        lock(source)
        let last = count(source) - 1
        for index in number..<last {
            for kind in ["wav", "txt"] {
                rename("\(source)/\(name(index + 1)).\(kind)", "\(source)/\(name(index)).\(kind)")
                await rest()
            }
        }
        if number == last { for kind in ["txt", "wav"] { unlink("\(source)/\(name(last)).\(kind)") } }
        unlock(source)
        return true
    }

    private func rest() async {
        let pause = state.withLock { $0.pause }
        if pause > .zero { try? await Task.sleep(for: pause) }
    }

    private func lock(_ folder: String) {
        _ = FileManager.default.createFile(atPath: "\(folder)/.lock-00000001", contents: nil)
        link("\(folder)/.lock-00000001", "\(folder)/.lock")
        unlink("\(folder)/.lock-00000001")
    }

    private func unlock(_ folder: String) { unlink("\(folder)/.lock") }
}

/// The platform's resource: absent unless said otherwise.
final class FakeVoicemailResource: VoicemailResource {
    private let state = Mutex<(mailman: FakeMailman?, greetings: [String: Data])>((nil, [:]))

    var greetings: [String: Data] { state.withLock { $0.greetings } }
    /// From now on it is there, and does what this one does.
    func appear(_ mailman: FakeMailman) { state.withLock { $0.mailman = mailman } }

    private func mailman() throws -> FakeMailman {
        guard let mailman = state.withLock({ $0.mailman }) else {
            throw TelephonyFailure.notFound("Resource not found")
        }
        return mailman
    }

    func moveVoicemail(_ voicemail: ManagerVoicemail, to folder: String) async throws {
        do { try await mailman().moveVoicemail(voicemail, to: folder) } catch let failure as ManagerFailure {
            throw TelephonyFailure.internalError("\(failure)")
        }
    }

    func removeVoicemail(_ voicemail: ManagerVoicemail) async throws {
        do { try await mailman().removeVoicemail(voicemail) } catch let failure as ManagerFailure {
            throw TelephonyFailure.internalError("\(failure)")
        }
    }

    func hasVoicemailResource() async throws -> Bool { state.withLock { $0.mailman } != nil }

    func writeGreeting(_ file: String, context: String, mailbox: String, sound: Data, isNew: Bool) async throws {
        try state.withLock { state in
            let key = "\(context)/\(mailbox)/\(file)"
            if isNew, state.greetings[key] != nil { throw TelephonyFailure.conflict("there") }
            state.greetings[key] = sound
        }
    }

    func removeGreeting(_ file: String, context: String, mailbox: String) async throws {
        state.withLock { $0.greetings["\(context)/\(mailbox)/\(file)"] = nil }
    }
}
