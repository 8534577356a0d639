import Testing

@testable import Identity

@Suite("When the service token is asked for")
struct ServiceTokenScheduleTests {
    @Test("renewed at 80 % of its life, at least after a second, of six hours at most")
    func life() {
        var schedule = ServiceTokenSchedule()
        let whole = schedule.granted(life: 21_600)
        #expect(whole == 17_280)
        let long = schedule.granted(life: 1e9)
        #expect(long == 17_280)
        let short = schedule.granted(life: -5)
        #expect(short == 1)
    }

    @Test("after failures 1, 2, 4, 8, 16, 32, 32 s; a success begins anew")
    func backOff() {
        var schedule = ServiceTokenSchedule()
        var pauses: [Double] = []
        for _ in 0..<7 { pauses.append(schedule.failed()) }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 32])
        _ = schedule.granted(life: 10)
        let first = schedule.failed()
        #expect(first == 1)
    }
}
