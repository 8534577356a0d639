import API
import Core
import Foundation
import NIOCore
import TandemTesting
import Telephony
import Testing

@testable import Voicemails

@Suite("Voicemails: reading the spool beside Asterisk", .timeLimit(.minutes(1)))
struct SpoolTests {
    private let path = BoxPath(mailbox: "1001@default")

    @Test("while messages are moved and removed, every reading is whole: each message once, its own sound with it")
    func renumbering() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        let ids = (0..<24).map { "1-\($0)" }
        for (number, id) in ids.enumerated() {
            try office.leave(id, time: number, sound: Data("sound of \(id)".utf8))
        }
        office.mailman.setPause(.milliseconds(1))
        let spool = office.voicemails.spool
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for id in ids.prefix(12) {
                    let message = ManagerVoicemail(context: "default", mailbox: "1001", folder: "INBOX", id: id)
                    try await office.mailman.moveVoicemail(message, to: "Old")
                    // Nobody moves messages without a pause for seconds.
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            group.addTask {
                for _ in 0..<60 {
                    let present = try await spool.contents(of: box).all.map(\.id)
                    #expect(Set(present) == Set(ids) && present.count == ids.count)
                    guard let id = ids.randomElement(),
                        let (file, _) = try await spool.sound(of: id, in: box, extensions: ["wav"])
                    else { continue }
                    var bytes = Data()
                    try await file.pieces { bytes += Data($0.readableBytesView) }
                    #expect(String(decoding: bytes, as: UTF8.self) == "sound of \(id)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a lock is waited for; one that a crash left behind is not")
    func lock() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        try office.leave("1-1")
        let lock = office.path("default/1001", "INBOX/.lock")
        _ = FileManager.default.createFile(atPath: lock, contents: nil)
        let spool = office.voicemails.spool
        await #expect(throws: SpoolFailure.busy) { try await spool.contents(of: box, within: .milliseconds(100)) }
        let reading = Task { try await spool.contents(of: box).count }
        unlink(lock)
        #expect(try await reading.value == 1)
        // Whoever holds a lock of flock holds it as long as he lives.
        let descriptor = open(office.path("default/1001", "INBOX/lock"), O_RDWR | O_CREAT, 0o644)
        #expect(flock(descriptor, LOCK_EX) == 0)
        await #expect(throws: SpoolFailure.busy) { try await spool.contents(of: box, within: .milliseconds(100)) }
        close(descriptor)
        #expect(try await spool.contents(of: box).count == 1)
        #expect(FolderLock.isHeld(office.path("default/1001", "INBOX")) == false)
        _ = FileManager.default.createFile(atPath: lock, contents: nil)
        #expect(FolderLock.isHeld(office.path("default/1001", "INBOX")))
        let later = FileStatus.now + 6_000_000_000
        #expect(!FolderLock.isHeld(office.path("default/1001", "INBOX"), now: later))
    }

    @Test("a message that stays in two folders is waited for once; the newer file counts, also when others come")
    func doubles() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        let old = try office.leave("1-1", folder: .old, duration: 1)
        let new = try office.leave("1-1", duration: 2)
        for (file, time) in [(old, 1_000.0), (new, 2_000.0)] {
            let date = Date(timeIntervalSince1970: time)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file + ".txt")
        }
        let spool = office.voicemails.spool
        let first = ContinuousClock.now
        #expect(try await spool.contents(of: box, within: .milliseconds(300)).message("1-1")?.duration == 2)
        #expect(ContinuousClock.now - first >= .milliseconds(200))
        try office.leave("1-2")
        // With the patience of a request that would wait for seconds.
        let again = ContinuousClock.now
        let contents = try await spool.contents(of: box, within: .seconds(30))
        #expect(ContinuousClock.now - again < .seconds(10))
        #expect(contents.count == 2 && contents.place(of: "1-1")?.folder == .inbox && contents.doubles == ["1-1"])
        // Another message in two places is a move until it has been waited for.
        try office.leave("1-2", folder: .old)
        let moving = ContinuousClock.now
        #expect(try await spool.contents(of: box, within: .milliseconds(300)).doubles == ["1-1", "1-2"])
        #expect(ContinuousClock.now - moving >= .milliseconds(200))
    }

    @Test("messages beyond the ten-thousandth are there; other names are no messages")
    func largeNumbers() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        let first = try office.leave("1-1")
        let folder = (first as NSString).deletingLastPathComponent
        for (name, id) in [("msg10000", "1-2"), ("msg00001", "1-3"), ("msg100", "1-4"), ("msg1000x", "1-5")] {
            let text = "callerid=1\norigtime=1\nmsg_id=\(id)\nduration=1\n"
            try text.write(toFile: "\(folder)/\(name).txt", atomically: false, encoding: .utf8)
        }
        try Data("sound".utf8).write(to: URL(fileURLWithPath: "\(folder)/msg10000.wav"))
        let spool = office.voicemails.spool
        #expect(try await spool.contents(of: box).all.map(\.id).sorted() == ["1-1", "1-2"])
        #expect(try await spool.sound(of: "1-2", in: box, extensions: ["wav"]) != nil)
    }

    @Test("what was read is kept until the box changes")
    func kept() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        try office.leave("1-1")
        let spool = office.voicemails.spool
        let first = try await spool.contents(of: box)
        #expect(try await spool.contents(of: box) === first)
        try office.leave("1-2")
        let second = try await spool.contents(of: box)
        #expect(second !== first && second.count == 2)
        var cache = BoxCache()
        cache.capacity = 12
        for number in 0..<5 { cache[try #require(BoxPath(context: "a", number: "\(number)"))] = second }
        #expect(cache[try #require(BoxPath(context: "a", number: "4"))] === second)
        #expect(cache[try #require(BoxPath(context: "a", number: "0"))] == nil)
    }

    @Test("a folder that may not be read is an error", .disabled(if: getuid() == 0, "root may read everything"))
    func forbidden() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        try office.leave("1-1")
        chmod(office.path("default/1001", "INBOX"), 0)
        defer { chmod(office.path("default/1001", "INBOX"), 0o755) }
        await #expect(throws: SpoolFailure.self) { try await office.voicemails.spool.contents(of: box) }
    }

    @Test("files that were opened are closed: no descriptor is left after a thousand readings")
    func descriptors() async throws {
        let office = try MailOffice()
        let box = try #require(path)
        try office.leave("1-1")
        // Those of this test: others beside it open files too.
        func count() -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return names.count { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                return target?.hasPrefix(office.folder.path) ?? false
            }
        }
        let spool = office.voicemails.spool
        _ = try await spool.sound(of: "1-1", in: box, extensions: ["wav"])
        for _ in 0..<1_000 { _ = try await spool.sound(of: "1-1", in: box, extensions: ["wav"]) }
        // The thread that opened the last one may let go of it a moment after it has answered.
        try await eventually { count() == 0 }
    }
}
