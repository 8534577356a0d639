/// Transfers (contract 21).
public enum Transfers {}
