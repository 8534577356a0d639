import Telephony
import Testing

@Suite("Signs of life")
struct SignsOfLifeTests {
    @Test("three silent intervals in a row end it, and one sign in between begins the count anew")
    func threeInARow() {
        var signs = SignsOfLife()
        let heard = [true, false, false, true, false, false, false]
        #expect(heard.map { signs.intervalPassed(isHeard: $0) } == [false, false, false, false, false, false, true])
    }

    @Test("a frozen Asterisk is noticed within 10 seconds: the interval of its last sign, and three silent ones")
    func withinTenSeconds() {
        #expect(SignsOfLife.interval * (SignsOfLife.most + 1) <= .seconds(10))
    }
}
