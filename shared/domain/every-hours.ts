/** The periods that a schedule may have. */

/**
 * The periods on offer, in hours. A closed list, because every tick reads one slot for each. Under 24 hours a schedule
 * may keep MX's own nightly aggregation from running: any job blocks a new standard one for three hours (MX facts 5).
 */
export const everyHoursOnOffer = [1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168] as const;

/** A period on offer. */
export type EveryHours = (typeof everyHoursOnOffer)[number];

/** Whether `hours` is on offer. */
export const isEveryHours = (hours: number): hours is EveryHours => everyHoursOnOffer.some((offer) => offer === hours);
