import Core
import Directory
import Foundation
import Telephony

/// A parked call, as the manager interface tells of it: in a list, or when something happens to it (contract 34 §1).
struct ParkedCall: Sendable, Hashable {
    /// `parkinglot-<lot>`.
    let lot: Int
    /// Its channel.
    let call: ChannelID
    /// Its conversation: the channel's linked id.
    let conversation: String
    /// Its caller id.
    let name, number: String
    /// Whom it was connected with: who parked it.
    let parkerName, parkerNumber: String
    /// The number that gets it back.
    let slot: String
    /// When it was parked.
    let parkedAt: Date
    /// When it goes back to the parker; `nil`: never.
    let timeoutAt: Date?
    /// What is dialled then.
    let parker: String?

    /// - Returns: `nil` when the message is of a lot that is not ours, or names no channel.
    init?(_ message: ManagerMessage, at now: Date) {
        guard let lot = message["Parkinglot"].flatMap(Self.lot), let call = message["ParkeeUniqueid"], !call.isEmpty
        else { return nil }
        self.lot = lot
        self.call = ChannelID(call)
        conversation = message["ParkeeLinkedid"] ?? ""
        func text(_ key: String) -> String {
            let text = message.text(key) ?? ""
            return text == "<unknown>" ? "" : text
        }
        name = text("ParkeeCallerIDName")
        number = text("ParkeeCallerIDNum")
        parkerName = text("ParkeeConnectedLineName")
        parkerNumber = text("ParkeeConnectedLineNum")
        slot = message["ParkingSpace"] ?? ""
        let parked = message["ParkingDuration"].flatMap(Double.init) ?? 0
        parkedAt = now.addingTimeInterval(-parked)
        // What remains, printed unsigned: of a lot without timeout it is 0, or later a negative number (about 1.8e19).
        let remaining = message["ParkingTimeout"].flatMap(Double.init) ?? 0
        timeoutAt = remaining > 0 && remaining < 4e9 ? now.addingTimeInterval(remaining) : nil
        parker = message["ParkerDialString"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The id of a lot by Asterisk's name; `nil`: it is none of the directory's.
    static func lot(_ name: String) -> Int? {
        guard let digits = name.suffix(after: "parkinglot-"), digits.consists(of: \.isDigit) else { return nil }
        return Int(digits)
    }

    /// Whether it was parked anew: Asterisk tells times in whole seconds.
    func isAnother(than before: ParkedCall) -> Bool {
        if lot != before.lot || slot != before.slot || (timeoutAt == nil) != (before.timeoutAt == nil) { return true }
        let later = parkedAt.timeIntervalSince(before.parkedAt)
        let end = timeoutAt.flatMap { end in before.timeoutAt.map { end.timeIntervalSince($0) } } ?? 0
        return later > 1.5 || abs(end) > 1.5
    }

    /// The object in lists, which is also a part of the events.
    var members: [String: JSONValue] {
        [
            "call_id": .string(call.rawValue),
            "conversation_id": .string(conversation),
            "caller_id_name": .string(name),
            "caller_id_num": .string(number),
            "parker_caller_id_name": .string(parkerName),
            "parker_caller_id_num": .string(parkerNumber),
            "slot": .string(slot),
            "parked_at": Self.json(parkedAt),
            "timeout_at": Self.json(timeoutAt),
        ]
    }

    /// Where and until when it is parked.
    var place: JSONValue { ["slot": .string(slot), "timeout_at": Self.json(timeoutAt)] }

    private static func json(_ date: Date?) -> JSONValue {
        guard let date else { return .null }
        let text = date.formatted(Date.ISO8601FormatStyle(timeZone: .gmt))
        return .string((text.ends(with: "Z") ? String(text.dropLast()) : text) + "+00:00")
    }
}

extension ParkingLotRecord {
    /// Asterisk's name of it.
    var asteriskName: String { "parkinglot-\(id)" }

    /// Its slots; `nil` when they are no numbers.
    var slots: ClosedRange<Int>? {
        guard let first = Int(firstSlot), let last = Int(lastSlot), first <= last else { return nil }
        return first...last
    }

    /// The lot with its parked calls (contract 34 §2).
    func json(_ calls: [ParkedCall]) -> JSONValue {
        let total = slots?.count ?? 0
        return [
            "id": .integer(Int64(id)),
            "name": name.map(JSONValue.string) ?? .null,
            "slots_start": .string(firstSlot),
            "slots_end": .string(lastSlot),
            "slots_total": .integer(Int64(total)),
            "slots_remaining": .integer(Int64(max(0, total - calls.count))),
            "default_timeout": timeout.map { .integer(Int64($0)) } ?? .null,
            "calls": .array(calls.sorted { $0.slot < $1.slot }.map { .object($0.members) }),
        ]
    }
}
