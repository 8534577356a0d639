import NIOCore
import Synchronization

/// What is in a box at one moment. It never changes: a changed box has a new one.
final class BoxContents: Sendable {
    /// A message with the number of its files.
    struct Place: Sendable, Hashable {
        var folder: VoicemailFolder
        var number: Int
    }

    /// One for each folder, in the order of their ids.
    let folders: [FolderFiles]
    /// The messages of each folder, newest first.
    let messages: [VoicemailFolder: [VoicemailMessage]]
    private let places: [String: Place]
    /// Text files that are no message.
    let brokenCount: Int
    private let rendered = Mutex<(key: RenderedKey, bytes: ByteBuffer)?>(nil)

    /// What an answer depends on beside the contents.
    struct RenderedKey: Sendable, Hashable {
        var members: [String]
        var transcriptions: [String: String]
    }

    init(folders: [FolderFiles]) {
        self.folders = folders
        var messages: [VoicemailFolder: [VoicemailMessage]] = [:]
        var places: [String: Place] = [:]
        var brokenCount = 0
        for (folder, files) in zip(VoicemailFolder.allCases, folders) {
            var present: [VoicemailMessage] = []
            present.reserveCapacity(files.entries.count)
            for entry in files.entries {
                guard let message = entry.message else {
                    brokenCount += 1
                    continue
                }
                // Between the two steps of a move a message is in both folders.
                guard places[message.id] == nil else { continue }
                places[message.id] = Place(folder: folder, number: entry.number)
                present.append(message)
            }
            present.sort { ($1.timestamp, $1.id) < ($0.timestamp, $0.id) }
            messages[folder] = present
        }
        self.messages = messages
        self.places = places
        self.brokenCount = brokenCount
    }

    /// Messages of all folders.
    var count: Int { places.count }

    /// All messages, folder by folder.
    var all: [VoicemailMessage] { VoicemailFolder.allCases.flatMap { messages[$0] ?? [] } }

    /// A message by its id.
    func message(_ id: String) -> VoicemailMessage? {
        guard let place = places[id] else { return nil }
        return messages[place.folder]?.first { $0.id == id }
    }

    /// Where a message's files are.
    func place(of id: String) -> Place? { places[id] }

    /// Whether a message is in two folders, as while Asterisk moves it.
    var hasDoubles: Bool { folders.reduce(0) { $0 + $1.entries.count } > places.count + brokenCount }

    /// An answer that was made before from the same, or is made now.
    func rendering(_ key: RenderedKey, _ make: () -> ByteBuffer) -> ByteBuffer {
        if let kept = rendered.withLock({ $0?.key == key ? $0?.bytes : nil }) { return kept }
        let bytes = make()
        rendered.withLock { $0 = (key, bytes) }
        return bytes
    }
}
