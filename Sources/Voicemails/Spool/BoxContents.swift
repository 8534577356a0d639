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
    /// Ids that several text files have: for a moment while Asterisk moves a message, for good in a box that was
    /// restored over another. The file that was written last counts.
    let doubles: Set<String>
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
        var found: [String: (place: Place, entry: FolderFiles.Entry)] = [:]
        var doubles: Set<String> = []
        var brokenCount = 0
        for (folder, files) in zip(VoicemailFolder.allCases, folders) {
            for entry in files.entries {
                guard let id = entry.message?.id else {
                    brokenCount += 1
                    continue
                }
                if let other = found[id]?.entry {
                    doubles.insert(id)
                    if other.changed >= entry.changed { continue }
                }
                found[id] = (Place(folder: folder, number: entry.number), entry)
            }
        }
        var messages: [VoicemailFolder: [VoicemailMessage]] = [:]
        for folder in VoicemailFolder.allCases { messages[folder] = [] }
        for (place, entry) in found.values {
            if let message = entry.message { messages[place.folder]?.append(message) }
        }
        self.messages = messages.mapValues { $0.sorted { ($1.timestamp, $1.id) < ($0.timestamp, $0.id) } }
        places = found.mapValues(\.place)
        self.doubles = doubles
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

    /// An answer that was made before from the same, or is made now.
    func rendering(_ key: RenderedKey, _ make: () -> ByteBuffer) -> ByteBuffer {
        if let kept = rendered.withLock({ $0?.key == key ? $0?.bytes : nil }) { return kept }
        let bytes = make()
        rendered.withLock { $0 = (key, bytes) }
        return bytes
    }
}
