/** The package's own types cannot be resolved from an ES module. */
declare module "asl-validator" {
  interface ValidationResult {
    readonly isValid: boolean;
    readonly errorsText: (separator?: string) => string;
  }
  /** Writes defaults into the definition that it is given. */
  export default function aslValidator(definition: object): ValidationResult;
}
