import Foundation

/// Sound cut into windows of 100 ms at 8 kHz, and what each of them holds.
struct ToneMeter {
    static let sampleRate = 8_000.0
    /// 10 Hz of resolution.
    static let windowLength = 800

    private var samples: [Double] = []

    /// Takes samples and returns the windows that are complete now.
    mutating func append(_ more: some Sequence<Int16>) -> [Window] {
        samples.append(contentsOf: more.lazy.map(Double.init))
        var windows: [Window] = []
        while samples.count >= Self.windowLength {
            windows.append(Window(samples: Array(samples.prefix(Self.windowLength))))
            samples.removeFirst(Self.windowLength)
        }
        return windows
    }

    /// 100 ms of sound.
    struct Window {
        let samples: [Double]

        /// Root of the mean square; full scale is 32,767.
        var level: Double {
            (samples.reduce(0) { $0 + $1 * $1 } / Double(samples.count)).squareRoot()
        }

        /// The part of the window's energy that is at a frequency, from 0 to 1: Goertzel's algorithm.
        func share(of frequency: Double) -> Double {
            let energy = samples.reduce(0) { $0 + $1 * $1 }
            guard energy > 0 else { return 0 }
            let coefficient = 2 * cos(2 * .pi * frequency / ToneMeter.sampleRate)
            var previous = 0.0
            var beforeThat = 0.0
            for sample in samples {
                (previous, beforeThat) = (sample + coefficient * previous - beforeThat, previous)
            }
            let power = previous * previous + beforeThat * beforeThat - coefficient * previous * beforeThat
            return min(1, power / (energy * Double(samples.count) / 2))
        }

        /// Louder than comfort noise and quantisation.
        var isSound: Bool { level > 200 }

        /// Whether a tone is most of what is heard.
        func isTone(_ frequency: Double) -> Bool { isSound && share(of: frequency) > 0.5 }
    }
}

/// An endless tone.
struct ToneGenerator {
    private var phase = 0.0
    private let step: Double
    private let amplitude: Double

    /// - Parameter frequency: In hertz; `nil` for silence.
    init(_ frequency: Double?, amplitude: Double = 8_000) {
        step = 2 * .pi * (frequency ?? 0) / ToneMeter.sampleRate
        self.amplitude = amplitude
    }

    /// The next samples.
    mutating func next(_ count: Int) -> [Int16] {
        (0..<count).map { _ in
            defer { phase = (phase + step).truncatingRemainder(dividingBy: 2 * .pi) }
            return Int16(sin(phase) * amplitude)
        }
    }
}
