import Core
import NIOCore
import Telephony

/// Which actions wait for an answer, and what an arriving message is to them; as a value.
struct PendingActions {
    enum Outcome: Hashable {
        /// The answer to this action is whole.
        case answered(id: String, messages: [ManagerMessage])
        /// The action's list has grown too long.
        case tooLong(id: String)
        /// A part of an answer.
        case part
        /// An event for everybody.
        case event(ManagerMessage)
        /// An answer that nobody waits for (any more).
        case stray
    }

    /// Messages of one answer.
    static let listLimit = 100_000
    /// Given up actions that are remembered.
    static let abandonedLimit = 4_096
    private var awaitingResponse: Set<String> = []
    private var lists: [String: [ManagerMessage]] = [:]
    /// Given up actions whose lists may still arrive, and the same in the order of their age.
    private var abandoned: Set<String> = []
    private var abandonedByAge = CircularBuffer<String>()

    var count: Int { awaitingResponse.count + lists.count }
    var isEmpty: Bool { awaitingResponse.isEmpty && lists.isEmpty }

    mutating func begin(_ id: String) { awaitingResponse.insert(id) }

    /// Gives an action up, unless it was answered.
    mutating func forget(_ id: String) {
        guard awaitingResponse.remove(id) != nil || lists.removeValue(forKey: id) != nil else { return }
        abandoned.insert(id)
        abandonedByAge.append(id)
        if abandonedByAge.count > Self.abandonedLimit { abandoned.remove(abandonedByAge.removeFirst()) }
    }

    /// - Parameter isOwn: Whether an id is one of this connection's.
    mutating func receive(_ message: ManagerMessage, isOwn: (String) -> Bool) -> Outcome {
        let id = message["ActionID"]
        // Events first: OriginateResponse has a `Response` too.
        if message.event != nil {
            guard let id, isOwn(id) else { return .event(message) }
            if lists[id] != nil { return extendList(of: id, by: message) }
            // Asterisk gives our id to few events for everybody (UserEvent); what else belongs to a given up action is
            // of its list, and ParkedCall is both.
            return abandoned.contains(id) && message.event != "OriginateResponse" ? .stray : .event(message)
        }
        guard let id, awaitingResponse.remove(id) != nil else { return .stray }
        let response = Self.withoutID(message)
        guard Self.opensList(response) else { return .answered(id: id, messages: [response]) }
        lists[id] = [response]
        return .part
    }

    private mutating func extendList(of id: String, by message: ManagerMessage) -> Outcome {
        lists[id]?.append(Self.withoutID(message))
        if Self.closesList(message) { return .answered(id: id, messages: lists.removeValue(forKey: id) ?? []) }
        guard let count = lists[id]?.count, count >= Self.listLimit else { return .part }
        forget(id)
        return .tooLong(id: id)
    }

    /// `EventList: start`; before Asterisk 13 only the message said that a list follows.
    private static func opensList(_ response: ManagerMessage) -> Bool {
        guard response.response != "Error" else { return false }
        if let list = response["EventList"] { return list.lowercased() == "start" }
        return response["Message"]?.lowercased().ends(with: "will follow") ?? false
    }

    /// `EventList: Complete` or `Cancelled`; before Asterisk 13 only the event's name said so.
    private static func closesList(_ event: ManagerMessage) -> Bool {
        if let list = event["EventList"]?.lowercased() { return list.begins(with: "complete") || list == "cancelled" }
        return event.event?.lowercased().ends(with: "complete") ?? false
    }

    private static func withoutID(_ message: ManagerMessage) -> ManagerMessage {
        var copy = message
        copy.remove("ActionID")
        return copy
    }
}
