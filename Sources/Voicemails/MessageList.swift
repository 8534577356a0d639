import API
import Core
import Directory
import Foundation

/// A message with its box.
struct ListedMessage: Sendable, Hashable {
    var message: VoicemailMessage
    var box: VoicemailRecord
    /// `nil`: there is none, or nobody knows.
    var transcription: String?

    private var boxJSON: JSONValue {
        [
            "id": .integer(Int64(box.id)), "name": .string(box.name), "accesstype": .string(box.access.rawValue),
        ]
    }

    /// UnifiedMessage of contract 31 §2.
    var json: JSONValue {
        var members = message.members
        members["folder"] = message.folder.json
        members["voicemail"] = boxJSON
        members["transcription"] = VoicemailMessage.json(ofTranscription: transcription)
        return .object(members)
    }

    /// AdminMessage of contract 31 §2.
    var adminJSON: JSONValue {
        var members = message.members
        members["folder"] = message.folder.json
        members["voicemail"] = boxJSON
        members["transcribed"] = .bool(transcription != nil)
        return .object(members)
    }
}

extension VoicemailMessage {
    static func json(ofTranscription text: String?) -> JSONValue { text.map { ["text": .string($0)] } ?? .null }

    /// TranscriptedMessage of contract 31 §2.
    func json(transcription: String?) -> JSONValue {
        var members = members
        members["transcription"] = Self.json(ofTranscription: transcription)
        return .object(members)
    }

    /// Whether a text is found in what clients see of the message.
    func holds(_ text: String) -> Bool {
        let wanted = text.lowercased()
        return [callerName, callerNumber].contains { $0?.lowercased().contains(wanted) ?? false } || id == text
    }
}

extension Paging<MessageColumn> {
    /// Messages in the wanted order; an unknown caller comes before every known one. Equal ones are in the order of
    /// their time and id, so that pages do not overlap.
    func sorted(_ messages: [ListedMessage]) -> [ListedMessage] {
        let isBefore: (VoicemailMessage, VoicemailMessage) -> Bool? = { left, right in
            switch order {
            case .id: left.id == right.id ? nil : left.id < right.id
            case .callerName: Self.isBefore(left.callerName, right.callerName)
            case .duration: left.duration == right.duration ? nil : left.duration < right.duration
            case .timestamp: left.timestamp == right.timestamp ? nil : left.timestamp < right.timestamp
            }
        }
        let ascending = messages.sorted { left, right in
            isBefore(left.message, right.message)
                ?? ((left.message.timestamp, left.message.id) < (right.message.timestamp, right.message.id))
        }
        return direction == .ascending ? ascending : ascending.reversed()
    }

    private static func isBefore(_ left: String?, _ right: String?) -> Bool? {
        switch (left, right) {
        case (nil, nil): nil
        case (nil, _?): true
        case (_?, nil): false
        case (let left?, let right?): left == right ? nil : left < right
        }
    }
}
