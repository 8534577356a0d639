import Foundation

/// One attempt to read a box. All of it blocks: it runs on a thread of its own.
struct BoxReader: Sendable {
    /// What an attempt gave.
    enum Outcome: Sendable {
        /// The box as it was at one moment.
        case contents(BoxContents)
        /// Asterisk works in it, or has just done so.
        case unsettled
    }

    /// `<spool>/<context>/<number>`
    let folder: String

    /// Reads the box: nothing happened in its folders from before the first look until after the last, and nobody
    /// had locked them.
    /// - Parameter previous: What was read before; folders that did not change are not read again.
    /// - Throws: ``SpoolFailure``.
    func read(previous: BoxContents?) throws(SpoolFailure) -> Outcome {
        let before = try stamps()
        // A file that could not be read may be readable now: permissions do not change the folder's time.
        if let previous, previous.brokenCount == 0, previous.folders.map(\.stamp) == before {
            return .contents(previous)
        }
        guard isSettled(before) else { return .unsettled }
        var folders: [FolderFiles] = []
        for (index, directory) in VoicemailFolder.allCases.enumerated() {
            let known = previous?.folders[index]
            if let known, known.stamp == before[index], known.entries.allSatisfy({ $0.message != nil }) {
                folders.append(known)
            } else {
                folders.append(
                    try FolderFiles.read(path(directory), directory, stamp: before[index], previous: known)
                )
            }
        }
        guard try stamps() == before, isSettled(before) else { return .unsettled }
        return .contents(BoxContents(folders: folders))
    }

    /// Opens a file of a message, if the box is still as `contents` tell.
    /// - Parameter extensions: Which files will do, the best first.
    /// - Returns: The descriptor and its extension; `nil`: the message has none of them.
    func open(
        _ place: BoxContents.Place,
        of contents: BoxContents,
        extensions: [String]
    ) throws(SpoolFailure) -> Opened {
        let stamp = contents.folders[place.folder.rawValue - 1].stamp
        let path = path(place.folder)
        var found: (descriptor: CInt, name: String)?
        for name in extensions {
            let file = "\(path)/\(FolderFiles.fileName(place.number)).\(name)"
            let descriptor = Foundation.open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
            if descriptor >= 0 {
                found = (descriptor, name)
                break
            }
            if errno == EACCES || errno == EIO || errno == EMFILE { throw .unreadable(file, errno) }
        }
        // Asterisk moves the sound before the text: what was opened belongs together only if nothing moved.
        let isUnchanged = (try? DirectoryStamp.of(path)) == stamp && !FolderLock.isHeld(path)
        guard isUnchanged else {
            if let found { close(found.descriptor) }
            return .unsettled
        }
        return found.map { .file($0.descriptor, extension: $0.name) } ?? .none
    }

    /// What opening gave.
    enum Opened: Sendable {
        case file(CInt, extension: String)
        case none
        case unsettled
    }

    /// When each folder changed last.
    func stamps() throws(SpoolFailure) -> [DirectoryStamp?] {
        var stamps: [DirectoryStamp?] = []
        for directory in VoicemailFolder.allCases { stamps.append(try DirectoryStamp.of(path(directory))) }
        return stamps
    }

    private func isSettled(_ stamps: [DirectoryStamp?]) -> Bool {
        let now = FileStatus.now
        for (directory, stamp) in zip(VoicemailFolder.allCases, stamps) {
            guard let stamp else { continue }
            if stamp.isYoung(at: now) || FolderLock.isHeld(path(directory), now: now) { return false }
        }
        return true
    }

    private func path(_ directory: VoicemailFolder) -> String { "\(folder)/\(directory.directory)" }
}
