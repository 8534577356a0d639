import CallControl
import Core
import Foundation
import Logging
import Synchronization
import Telephony

/// What Asterisk does with messages for us: through the platform's REST resource where Asterisk has it, else through
/// the manager interface (contract 31 §7). Both lock, renumber, and set the lamps.
final class VoicemailActions: Sendable {
    private let ports: VoicemailPorts
    /// Whether Asterisk has the resource; `nil`: not known yet.
    private let hasResource = Mutex<Bool?>(nil)

    init(ports: VoicemailPorts) { self.ports = ports }

    /// Asterisk may be another one now.
    func forget() { hasResource.withLock { $0 = nil } }

    /// What came of an action.
    enum Outcome: Sendable, Hashable {
        case done
        /// Nobody knows: the answer did not come.
        case unknown(Failure)
    }

    /// Moves a message.
    /// - Throws: `Failure`; `CancellationError`.
    func move(_ message: VoicemailMessage, in box: BoxPath, to folder: VoicemailFolder) async throws -> Outcome {
        let voicemail = ManagerVoicemail(message, in: box)
        return try await perform(
            resource: { try await $0.moveVoicemail(voicemail, to: folder.directory) },
            manager: { try await $0.moveVoicemail(voicemail, to: folder.directory) }
        )
    }

    /// Removes a message.
    /// - Throws: `Failure`; `CancellationError`.
    func remove(_ message: VoicemailMessage, in box: BoxPath) async throws -> Outcome {
        let voicemail = ManagerVoicemail(message, in: box)
        return try await perform(
            resource: { try await $0.removeVoicemail(voicemail) },
            manager: { try await $0.removeVoicemail(voicemail) }
        )
    }

    /// Has Asterisk look at a box again, for the lamps. Nothing is said of a failure: the next change brings another.
    func refresh(_ box: BoxPath) async {
        do {
            try await ports.manager.refreshVoicemail(context: box.context, mailbox: box.number)
        } catch {
            ports.logger.debug("no refresh of a box", metadata: ["box": "\(box)", "cause": "\(error)"])
        }
    }

    private func perform(
        resource: (any VoicemailResource) async throws -> Void,
        manager: (any ManagerControlling) async throws -> Void
    ) async throws -> Outcome {
        if hasResource.withLock({ $0 }) ?? true {
            do {
                try await resource(ports.resource)
                hasResource.withLock { $0 = true }
                return .done
            } catch TelephonyFailure.notFound {
                hasResource.withLock { $0 = false }
            } catch TelephonyFailure.notInitialized {
                // The manager interface may be there already.
            } catch let failure as TelephonyFailure {
                // A broken connection says nothing of what Asterisk did.
                let known = ports.failures.failure(for: failure)
                if case .unreachable = failure { return .unknown(known) }
                throw known
            }
        }
        do {
            try await manager(ports.manager)
            return .done
        } catch ManagerFailure.refused(let message, _) {
            throw ports.failures.failure(for: .internalError(message))
        } catch let failure as ManagerFailure {
            let known = ports.managerFailures.failure(for: failure)
            if case .unsendable = failure { throw known }
            return .unknown(known)
        }
    }

    // MARK: Greetings, where the disk is not ours to write

    /// Whether Asterisk writes greetings for us.
    func writesGreetings() async -> Bool {
        if let known = hasResource.withLock({ $0 }) { return known }
        guard let found = try? await ports.resource.hasVoicemailResource() else { return false }
        hasResource.withLock { $0 = found }
        return found
    }

    /// Writes a greeting.
    /// - Throws: `Failure`; `CancellationError`.
    func write(
        _ greeting: Greeting,
        of box: BoxPath,
        sound: Data,
        _ writing: GreetingFiles.Writing
    ) async throws -> GreetingFiles.Outcome {
        let isNew = writing == .create
        do {
            try await ports.resource.writeGreeting(
                greeting.file,
                context: box.context,
                mailbox: box.number,
                sound: sound,
                isNew: isNew
            )
            return .written
        } catch TelephonyFailure.conflict where isNew {
            return .exists
        } catch TelephonyFailure.invalid {
            return .invalid
        } catch TelephonyFailure.refused(413, _) {
            return .invalid
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
    }

    /// Removes a greeting.
    /// - Throws: `Failure`; `CancellationError`.
    func remove(_ greeting: Greeting, of box: BoxPath) async throws {
        do {
            try await ports.resource.removeGreeting(greeting.file, context: box.context, mailbox: box.number)
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
    }
}

extension ManagerVoicemail {
    fileprivate init(_ message: VoicemailMessage, in box: BoxPath) {
        self.init(context: box.context, mailbox: box.number, folder: message.folder.directory, id: message.id)
    }
}
