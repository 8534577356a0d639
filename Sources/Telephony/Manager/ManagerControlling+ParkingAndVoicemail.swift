import Core

/// A parking lot as Asterisk has it (contract 38 §3 `Parkinglots`).
public struct ManagerParkingLot: Sendable, Hashable {
    /// For instance `parkinglot-6`.
    public var name: String
    /// First space.
    public var firstSpace: Int
    /// Last space.
    public var lastSpace: Int
    /// Seconds that a call stays parked; 0: for ever.
    public var timeout: Int

    /// A lot, if the message is one of the list.
    public init?(_ message: ManagerMessage) {
        guard message.event == "Parkinglot", let name = message["Name"] else { return nil }
        self.name = name
        firstSpace = message["StartSpace"].flatMap(Int.init) ?? 0
        lastSpace = message["StopSpace"].flatMap(Int.init) ?? 0
        timeout = message["Timeout"].flatMap(Int.init) ?? 0
    }
}

/// A call to be parked (contract 34).
public struct Parking: Sendable, Hashable {
    /// Name of the channel to be parked.
    public var channel: String
    /// Name of the lot; `nil`: the channel's own.
    public var lot: String?
    /// The space; when it is taken the next free one is used. `nil`: any.
    public var space: String?
    /// Milliseconds until the call comes back; 0: never; `nil`: the lot's.
    public var timeout: Int?
    /// Channel name or dial string that is called then; `nil`: Asterisk's choice.
    public var timeoutChannel: String?

    /// A call; further properties may be set.
    public init(channel: String, lot: String? = nil) {
        self.channel = channel
        self.lot = lot
    }
}

extension ManagerControlling {
    /// All parking lots of Asterisk.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func parkingLots() async throws -> [ManagerParkingLot] {
        try await send(ManagerAction("Parkinglots")).compactMap(ManagerParkingLot.init)
    }

    /// The parked calls of a lot, or of all (`nil`), as events `ParkedCall`.
    /// - Throws: ``ManagerFailure``: refused when there is no such lot; `CancellationError`.
    public func parkedCalls(in lot: String?) async throws -> [ManagerMessage] {
        var action = ManagerAction("ParkedCalls")
        action.add("ParkingLot", lot)
        return try await send(action).filter { $0.event == "ParkedCall" }
    }

    /// Parks a call.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func park(_ parking: Parking) async throws {
        var action = try ManagerAction("Park", channel: parking.channel)
        action.add("Parkinglot", parking.lot)
        action.add("ParkingSpace", parking.space)
        action.add("Timeout", parking.timeout.map { "\($0)" })
        action.add("TimeoutChannel", parking.timeoutChannel)
        _ = try await send(action)
    }
}

/// A message in a voicemail box, as the manager interface names it (contract 31 §7.2).
public struct ManagerVoicemail: Sendable, Hashable {
    /// Context of the box.
    public var context: String
    /// Number of the box.
    public var mailbox: String
    /// Folder, for instance `INBOX`.
    public var folder: String
    /// The message's `msg_id`.
    public var id: String

    /// A message with all its parts.
    public init(context: String, mailbox: String, folder: String, id: String) {
        self.context = context
        self.mailbox = mailbox
        self.folder = folder
        self.id = id
    }
}

extension ManagerControlling {
    /// Moves a message to another folder.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func moveVoicemail(_ voicemail: ManagerVoicemail, to folder: String) async throws {
        var action = ManagerAction("VoicemailMove", voicemail)
        action.add("ToFolder", folder)
        try await perform(action, successful: "Message move successful")
    }

    /// Removes a message.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func removeVoicemail(_ voicemail: ManagerVoicemail) async throws {
        try await perform(ManagerAction("VoicemailRemove", voicemail), successful: "Message remove successful")
    }

    /// Has Asterisk look at boxes again whose files were changed, for lamps and notifications.
    /// - Parameters:
    ///   - context: Of the boxes; `nil`: all.
    ///   - mailbox: The box; `nil`: all.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func refreshVoicemail(context: String? = nil, mailbox: String? = nil) async throws {
        var action = ManagerAction("VoicemailRefresh")
        action.add("Context", context)
        action.add("Mailbox", mailbox)
        _ = try await send(action)
    }

    /// Asterisk answers `Response: Success` also when it failed; only the message tells (contract 31 §7.2). An answer
    /// without a message is a success, as everywhere (contract 38 §0.3).
    private func perform(_ action: ManagerAction, successful: String) async throws {
        guard let message = try await send(action).first?["Message"] else { return }
        let text = message.unicodeScalars.split(whereSeparator: \.isControl).first.map { String(scalars: $0) } ?? ""
        guard text == successful else { throw ManagerFailure.refused(message: text, action: action.name) }
    }
}

extension ManagerAction {
    fileprivate init(_ name: String, _ voicemail: ManagerVoicemail) {
        self.init(
            name,
            [
                "Context": voicemail.context, "Mailbox": voicemail.mailbox, "Folder": voicemail.folder,
                "ID": voicemail.id,
            ]
        )
    }
}
