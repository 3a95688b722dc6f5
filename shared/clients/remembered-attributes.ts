/**
 * What a member's item remembers of what MX shows. Apart from its codec, which is part of the published reader: making the
 * mark of the own ids takes code that a reader does without.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { aliasMarkOf } from '../domain/member.ts';
import type { MxMember } from '../domain/mx.ts';
import { text } from './compact-values.ts';
import { memberAttribute } from './member-item.ts';

/** The attributes for `member` as MX shows it; undefined: absent. */
export const rememberedAttributes = (member: MxMember): Readonly<Record<string, AttributeValue | undefined>> => ({
  [memberAttribute.aliases]: text(aliasMarkOf(member)),
  [memberAttribute.institutionCode]: text(member.institutionCode),
});
