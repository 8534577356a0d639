import CallControl
import CallRequests
import Core
import Telephony

extension TransferWork {
    // MARK: Variables (contract 21 §4)

    func mark(_ party: Transfer.Party, of transfer: Transfer) async throws {
        let channel = transfer.channel(of: party)
        try await capture.setVariables(
            ["XIVO_TRANSFER_ROLE": party.rawValue, "XIVO_TRANSFER_ID": transfer.id],
            of: channel
        )
    }

    /// Who is gone has no variables.
    func unmark(_ parties: [Transfer.Party], of transfer: Transfer) async throws {
        for party in parties {
            do {
                let channel = transfer.channel(of: party)
                try await capture.setVariables(["XIVO_TRANSFER_ROLE": "", "XIVO_TRANSFER_ID": ""], of: channel)
            } catch TelephonyFailure.notFound {
                continue
            }
        }
    }

    // MARK: Calls of the dialplan (contract 21 §5.2)

    /// Sends those to Stasis who are not there: another one would take his StasisEnd for a hang-up (§11 row 5).
    func fetch(_ transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        do {
            async let first: Void = markForDialplan(.transferred, of: transfer)
            async let second: Void = markForDialplan(.initiator, of: transfer)
            try await first
            try await second
            let away = [Transfer.Party.transferred, .initiator].filter { !transfer.joined.contains($0) }
            guard let leader = away.first else { return .happened(.captured) }
            let other = away.count > 1 ? transfer.channel(of: away[1]) : nil
            try await capture.redirect(transfer.channel(of: leader), with: other, to: StasisArguments.exten)
            return .happened(.captured)
        } catch ManagerFailure.timedOut {
            // They may be on their way.
            return .unknown("no answer to Redirect")
        } catch ManagerFailure.refused(let message, _) where message.holds("not exist") {
            return .failed(.captureRefused, .transferCreation("some channel got hung up"))
        } catch let failure as ManagerFailure {
            return .failed(.captureRefused, ports.managerFailures.failure(for: failure))
        } catch {
            return await cause(of: error, doing: .capture, of: transfer)
        }
    }

    private func markForDialplan(_ party: Transfer.Party, of transfer: Transfer) async throws {
        let place = transfer.destination.place
        let channel = transfer.channel(of: party)
        try await mark(party, of: transfer)
        try await capture.setVariables(
            ["XIVO_TRANSFER_RECIPIENT_CONTEXT": place.context, "XIVO_TRANSFER_RECIPIENT_EXTEN": place.exten],
            of: channel
        )
        guard party == .initiator else { return }
        let timeout = transfer.destination.timeout.map(String.init) ?? "None"
        try await capture.setVariables(["XIVO_TRANSFER_TIMEOUT": timeout], of: channel)
        // Ours are in the row; for other readers, as far as the manager's lines are long enough.
        let variables = JSONValue.object(transfer.destination.variables.mapValues(JSONValue.string)).text
        guard variables.utf8.count < ManagerAction.longestLine - 10 else { return }
        try await capture.setVariables(["XIVO_TRANSFER_VARIABLES": variables], of: channel)
    }

    // MARK: The recipient's call (contract 21 §5.1)

    /// Seconds; longer ones do not fit into Asterisk's milliseconds.
    private static let longestTimeout = 2_147_483

    func callRecipient(of transfer: Transfer) async -> EffectOutcome<Transfer.Event> {
        guard let endpoint = DialString.local(transfer.destination.place) else {
            return .failed(.recipientRefused, .invalidExtension(transfer.destination.place))
        }
        let isAlone = transfer.gone.contains(.initiator)
        var origination = Origination(
            channel: transfer.recipient.channel,
            endpoint: endpoint,
            application: StasisArguments.application,
            arguments: StasisArguments.recipient(transfer: transfer.id).list,
            callerID: CallerIDText.text(name: transfer.caller.name, number: transfer.caller.number),
            originator: isAlone ? transfer.transferred : transfer.initiator,
            timeout: min(transfer.destination.timeout ?? -1, Self.longestTimeout),
            variables: transfer.recipientVariables
        )
        origination.otherHalf = transfer.recipient.otherHalf
        do {
            try await ports.channels.originate(origination)
            return .happened(.recipientCalled)
        } catch TelephonyFailure.conflict {
            // An earlier request arrived, and only its answer was lost.
            return .happened(.recipientCalled)
        } catch let failure as TelephonyFailure where !failure.isOutage {
            return .failed(.recipientRefused, ports.failures.failure(for: failure))
        } catch {
            return .unknown("\(error)")
        }
    }

    // MARK: Looking

    func look(at transfer: Transfer) async throws -> Transfer.Event {
        async let transferred = presence(.transferred, of: transfer)
        async let initiator = presence(.initiator, of: transfer)
        async let recipient = presence(.recipient, of: transfer)
        return .seen(
            Transfer.Sighting(
                transferred: try await transferred,
                initiator: try await initiator,
                recipient: try await recipient,
                isLate: ports.clock.now >= transfer.limit
            )
        )
    }

    private func presence(
        _ party: Transfer.Party,
        of transfer: Transfer
    ) async throws -> Transfer.Sighting.Presence {
        guard let channel = try await ports.channels.channel(transfer.channel(of: party)) else { return .absent }
        guard let stasis = channel.stasis else { return .elsewhere }
        let isFetched =
            stasis.application == StasisArguments.application
            && StasisArguments(stasis.arguments) == .fetched(transfer: transfer.id)
        return isFetched ? .fetched : .inStasis
    }
}

extension Transfer {
    /// Variables of the recipient's channel: his dialplan runs with the initiator's identity.
    fileprivate var recipientVariables: [String: String] {
        var variables = ClientVariables.withoutOwners(destination.variables)
        variables["XIVO_TRANSFER_ROLE"] = Party.recipient.rawValue
        variables["XIVO_TRANSFER_ID"] = id
        if !caller.language.isEmpty { variables["CHANNEL(language)"] = caller.language }
        if let number = caller.userNumber {
            variables["WAZO_USERID"] = number
            variables["XIVO_USERID"] = number
        }
        variables["WAZO_USERUUID"] = user.rawValue
        variables["XIVO_USERUUID"] = user.rawValue
        return variables
    }
}
