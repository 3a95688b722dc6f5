/** What may name a user, a member or an account: MX's guid, or an own id. */

/** MX allows 1,024, which is all that a sort key of DynamoDB holds; ours have a prefix. */
const MAX_LENGTH = 1_000;

/**
 * MX wants letters, digits, dash and underscore in ids of users and members (MX facts 1, "Identifiers"); an account's own
 * id is the feed's and has more. Dots alone would be another path.
 */
export const IDENTIFIER_PATTERN = `^(?!\\.+$)[A-Za-z0-9._@:-]{1,${MAX_LENGTH}}$`;

const IDENTIFIER = new RegExp(IDENTIFIER_PATTERN);

/** Whether `text` can name something at MX or here. */
export const isIdentifier = (text: string): boolean => IDENTIFIER.test(text);

/** The rule in words, to follow the name of what breaks it. */
export const identifierRule = `may only have letters, digits and . _ @ : -, 1 to ${MAX_LENGTH} of them, not dots alone`;
