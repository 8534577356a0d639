import Testing

@testable import Relocates
