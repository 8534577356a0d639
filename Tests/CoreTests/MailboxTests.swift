import Core
import Testing

@Suite("Mailbox", .timeLimit(.minutes(1)))
struct MailboxTests {
    @Test("elements come out in the order in which they were accepted")
    func order() async {
        let mailbox = Mailbox<Int>(capacity: 3)
        for value in 1...3 { #expect(mailbox.offer(value)) }
        #expect(!mailbox.offer(4), "a full mailbox takes no offer")
        for value in 1...3 { #expect(await mailbox.next() == value) }
    }

    @Test("a sender waits while the mailbox is full, and loses nothing")
    func backPressure() async {
        let mailbox = Mailbox<Int>(capacity: 2)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for value in 0..<1_000 { await mailbox.send(value) } }
            for value in 0..<1_000 {
                #expect(await mailbox.next() == value)
                #expect(mailbox.count <= 3)
            }
        }
    }

    @Test("closing delivers what was accepted, then ends; later senders are told")
    func close() async {
        let mailbox = Mailbox<Int>(capacity: 2)
        mailbox.offer(1)
        mailbox.close()
        #expect(await mailbox.send(2) == false)
        #expect(await mailbox.next() == 1)
        #expect(await mailbox.next() == nil)
    }

    @Test("closing wakes a waiting consumer")
    func closeWhileWaiting() async {
        let mailbox = Mailbox<Int>()
        async let element = mailbox.next()
        mailbox.close()
        #expect(await element == nil)
    }

    @Test("a cancelled consumer is let go, before and while it waits; what waits is still delivered")
    func cancelled() async {
        let mailbox = Mailbox<Int>()
        let waiting = Task { await mailbox.next() }
        waiting.cancel()
        let nothing = await waiting.value
        #expect(nothing == nil)
        let cancelledBefore = Task {
            while !Task.isCancelled { await Task.yield() }
            return await mailbox.next()
        }
        mailbox.offer(7)
        cancelledBefore.cancel()
        let kept = await cancelledBefore.value
        #expect(kept == 7)
        mailbox.offer(8)
        let next = await mailbox.next()
        #expect(next == 8)
    }

    /// Two locks that are taken in two orders stop both threads only when they meet: many times, and on many threads.
    @Test("cancelled at the moment in which an element comes or the mailbox is closed")
    func cancelledWhileWoken() async {
        for round in 0..<20_000 {
            let mailbox = Mailbox<Int>(capacity: 1)
            let consumer = Task { await mailbox.next() }
            for _ in 0..<round % 5 { await Task.yield() }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { consumer.cancel() }
                group.addTask { if round.isMultiple(of: 3) { mailbox.close() } else { mailbox.offer(round) } }
            }
            let element = await consumer.value
            #expect(element == nil || element == round)
        }
    }
}
