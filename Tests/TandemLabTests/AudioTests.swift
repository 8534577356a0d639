import NIOCore
import Testing

@testable import TandemLab

@Suite("The probe's ear and mouth, without a network")
struct AudioTests {
    @Test(
        "µ-law gives back every sample within its own step size",
        arguments: [0, 1, 100, 1_000, 8_000, 32_000]
    )
    func roundTrip(_ magnitude: Int) {
        for sample in [Int16(magnitude), Int16(-magnitude)] {
            let back = Int(MuLaw.decode(MuLaw.encode(sample)))
            #expect(abs(back - Int(sample)) <= max(4, magnitude / 16), "\(sample) became \(back)")
        }
    }

    @Test(
        "µ-law has the code points of G.711",
        arguments: [(UInt8(0xFF), 0), (0x80, 32_124), (0x00, -32_124), (0xF0, 120)]
    )
    func codePoints(_ byte: UInt8, _ sample: Int) {
        #expect(Int(MuLaw.decode(byte)) == sample)
        #expect(MuLaw.encode(Int16(sample)) == byte)
    }

    @Test("a tone is heard at its own frequency only", arguments: [440.0, 700, 1_000, 1_633])
    func tone(_ frequency: Double) throws {
        var generator = ToneGenerator(frequency)
        var meter = ToneMeter()
        let overTheWire = generator.next(ToneMeter.windowLength).map { MuLaw.decode(MuLaw.encode($0)) }
        let window = try #require(meter.append(overTheWire).first)
        #expect(window.isTone(frequency))
        for other in [440.0, 700, 1_000, 1_633] where other != frequency {
            #expect(!window.isTone(other), "\(frequency) Hz was taken for \(other) Hz")
        }
    }

    @Test("silence is no sound, and no tone")
    func silence() throws {
        var meter = ToneMeter()
        let quiet = [Int16](repeating: MuLaw.decode(MuLaw.silence), count: ToneMeter.windowLength)
        let window = try #require(meter.append(quiet).first)
        #expect(!window.isSound)
        #expect(!window.isTone(440))
    }

    @Test("two tones at once are sound, but neither of them alone")
    func chord() throws {
        var low = ToneGenerator(440, amplitude: 6_000)
        var high = ToneGenerator(1_000, amplitude: 6_000)
        let mixed = zip(low.next(800), high.next(800)).map { $0 + $1 }
        var meter = ToneMeter()
        let window = try #require(meter.append(mixed).first)
        #expect(window.isSound)
        #expect(window.share(of: 440) > 0.4 && window.share(of: 440) < 0.6)
        #expect(window.share(of: 1_000) > 0.4 && window.share(of: 1_000) < 0.6)
    }

    @Test("a window comes when its samples are there, however they arrive")
    func windows() {
        var meter = ToneMeter()
        let chunk = [Int16](repeating: 1_000, count: 300)
        #expect(meter.append(chunk).isEmpty)
        #expect(meter.append(chunk).isEmpty)
        #expect(meter.append(chunk).count == 1)
        #expect(meter.append(chunk + chunk + chunk).count == 1)
    }

    @Test("an RTP packet reads back as it was written")
    func packet() {
        let packet = RTPPacket(
            payloadType: 0,
            sequence: 65_535,
            timestamp: 4_000_000_000,
            source: 7,
            payload: [1, 2]
        )
        #expect(RTPPacket(packet.bytes) == packet)
    }

    @Test("contributing sources, an extension and padding are not taken for sound")
    func packetWithEverything() {
        var buffer = ByteBuffer(bytes: [0xB1, 0x80, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3])  // P, X, one CSRC; marker
        buffer.writeBytes([9, 9, 9, 9])
        buffer.writeBytes([0xBE, 0xDE, 0, 1, 8, 8, 8, 8])
        buffer.writeBytes([42, 43, 0, 0, 3])
        let packet = RTPPacket(buffer)
        #expect(packet?.payload == [42, 43])
        #expect(packet?.payloadType == 0)
        #expect(packet?.sequence == 1)
    }

    @Test(
        "what is no RTP is ignored",
        arguments: [
            [], [0x80], [0x00, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3], [0x9F, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
        ] as [[UInt8]]
    )
    func noPacket(_ bytes: [UInt8]) {
        #expect(RTPPacket(ByteBuffer(bytes: bytes)) == nil)
    }

    @Test("two probes hear each other, and a closed one ends the waiting")
    func probes() async throws {
        let low = try await RTPProbe.open(tone: 440)
        let high = try await RTPProbe.open(tone: 1_000)
        // One is told the address, the other learns it from the packets.
        low.send(toHost: "127.0.0.1", port: high.port)
        async let heardLow = high.hears(440)
        async let heardHigh = low.hears(1_000)
        #expect(await heardLow)
        #expect(await heardHigh)
        #expect(await low.packets.received > 0)
        await high.close()
        #expect(await high.hears(440) == false)
        #expect(await low.hears(440, within: .milliseconds(300)) == false)
        await low.close()
    }
}
