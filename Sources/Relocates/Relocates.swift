/// Relocates (contract 22).
public enum Relocates {}
