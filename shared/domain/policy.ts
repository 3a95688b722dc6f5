/** The settings that decisions depend on. Durations in seconds. `infra/setting-table.ts` documents and checks each. */
export interface Policy {
  /** A refresh ends at the latest this long after it was accepted. */
  readonly deadlineSeconds: number;
  readonly firstLookSeconds: number;
  /** MX's recommended minimum between two looks at one member: 3 (MX facts 0.7). */
  readonly minLookGapSeconds: number;
  readonly maxLookGapSeconds: number;
  /** Without evidence for this long, and for `graceLooks` looks, nothing was started (MX facts 3.3). */
  readonly graceSeconds: number;
  readonly graceLooks: number;
  /** MX's limit of balance jobs per member: 5 in 2 hours (MX facts 0.8). */
  readonly allowanceStarts: number;
  readonly allowanceWindowSeconds: number;
}
