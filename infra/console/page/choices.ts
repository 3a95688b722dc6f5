/** What can be chosen in *Try it*: stories, faults, every behaviour of a bank, and events. */
import { type ComponentChild, h, type TargetedEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { Offer, OfferGroup, SimulatedShown } from '../try-shapes.ts';
import { Chip, Section } from './parts.ts';

/** What every choice needs. */
interface ChoiceProps {
  readonly isAsking: boolean;
  readonly members: readonly SimulatedShown[];
  /** The member that is tried now, by guid or own id; null: none is. */
  readonly tried: string | null;
}

/** A member and a refresh by one click. */
export const Stories = ({ offers, isAsking, choose }: CardsProps): ComponentChild =>
  h(Cards, { offers, isAsking, choose });

/** Faults, for one member or for all. */
export function FaultChoices({
  groups,
  on,
  isAsking,
  members,
  choose,
}: ChoiceProps & {
  readonly groups: readonly OfferGroup[];
  /** Titles of what is on. */
  readonly on: readonly string[];
  readonly choose: (offer: Offer, whom: string | null, times: number | null) => void;
}): ComponentChild {
  const [whom, setWhom] = useState('');
  const [times, setTimes] = useState('');
  const ofMember = whom === '' ? null : whom;
  const [calls, ...others] = groups;
  return h(
    Section,
    { id: 'faults', title: 'Make something go wrong' },
    h(
      'p',
      { class: 'quiet' },
      'A click switches it on; then trigger a refresh, or watch one that runs. What is on stands above, and is taken back there.',
    ),
    h(
      'div',
      { class: 'row' },
      h('label', { for: 'fault-whom' }, 'Hits the calls about'),
      h(MemberSelect, { id: 'fault-whom', none: 'every member', members, value: whom, set: setWhom }),
      h('label', { for: 'fault-times' }, 'and stays on'),
      h(
        'select',
        {
          id: 'fault-times',
          value: times,
          onChange: (event: TargetedEvent<HTMLSelectElement>) => setTimes(event.currentTarget.value),
        },
        h('option', { value: '' }, 'until it is taken back'),
        h('option', { value: '1' }, 'for one call'),
        h('option', { value: '3' }, 'for three calls'),
      ),
    ),
    calls === undefined
      ? null
      : h(Group, {
          ...calls,
          on,
          isOpen: true,
          isAsking,
          choose: (offer) => choose(offer, ofMember, times === '' ? null : Number(times)),
        }),
    others.map((group) =>
      h(Group, {
        key: group.title,
        ...group,
        on,
        isOpen: false,
        isAsking,
        choose: (offer) => choose(offer, null, null),
      }),
    ),
  );
}

/** Every scenario of the simulator, for a new member or one that is there. */
export function BankChoices({
  groups,
  isAsking,
  members,
  choose,
}: ChoiceProps & {
  readonly groups: readonly OfferGroup[];
  readonly choose: (offer: Offer, whom: string | null) => void;
}): ComponentChild {
  const [whom, setWhom] = useState('');
  return h(
    Section,
    { id: 'scenarios', title: 'Every way in which a bank and MX can behave' },
    h('p', { class: 'quiet' }, 'A click lets the member’s next jobs go like that, and triggers a refresh.'),
    h(
      'div',
      { class: 'row' },
      h('label', { for: 'scenario-whom' }, 'For'),
      h(MemberSelect, { id: 'scenario-whom', none: 'a new member', members, value: whom, set: setWhom }),
    ),
    groups.map((group, index) =>
      h(Group, {
        key: group.title,
        ...group,
        isOpen: index === 0,
        isAsking,
        choose: (offer) => choose(offer, whom === '' ? null : whom),
      }),
    ),
  );
}

/** What happens once to a member that is there. */
export function EventChoices({
  offers,
  isAsking,
  members,
  tried,
  choose,
}: ChoiceProps & {
  readonly offers: readonly Offer[];
  /** Whether it has happened. */
  readonly choose: (offer: Offer, whom: string) => Promise<boolean>;
}): ComponentChild {
  const [chosen, setWhom] = useState<string | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const usual = members.find(({ member, guid }) => member === tried || guid === tried) ?? members[0];
  const whom = members.some(({ guid }) => guid === chosen) ? chosen : (usual?.guid ?? null);
  const named = members.find(({ guid }) => guid === whom)?.member;
  if (whom === null) return null;

  async function happen(offer: Offer, to: string): Promise<void> {
    setDone(null);
    if (await choose(offer, to)) setDone(`${offer.title}: it has happened to ${named ?? to}.`);
  }

  return h(
    Section,
    { id: 'events', title: 'Let something happen' },
    h(
      'div',
      { class: 'row' },
      h('label', { for: 'event-whom' }, 'To'),
      h(MemberSelect, { id: 'event-whom', none: null, members, value: whom, set: setWhom }),
    ),
    h(Cards, {
      offers,
      isAsking,
      choose: (offer) => void happen(offer, whom),
    }),
    h('p', { class: 'quiet', role: 'status' }, done),
  );
}

function MemberSelect(props: {
  readonly id: string;
  /** The choice of none; null: one has to be chosen. */
  readonly none: string | null;
  readonly members: readonly SimulatedShown[];
  readonly value: string;
  readonly set: (guid: string) => void;
}): ComponentChild {
  const { id, none, members, value, set } = props;
  const chosen = (event: TargetedEvent<HTMLSelectElement>): void => set(event.currentTarget.value);
  return h(
    'select',
    { id, value, onChange: chosen },
    none === null ? null : h('option', { value: '' }, none),
    members.map(({ guid, member, scenario }) =>
      h('option', { key: guid, value: guid }, `${shortened(member)} (${scenario})`),
    ),
  );
}

/** A choice’s text cannot be wrapped. */
const shortened = (name: string): string => (name.length > 40 ? `${name.slice(0, 39)}…` : name);

interface CardsProps {
  readonly offers: readonly Offer[];
  /** Titles of what is on. @default none */
  readonly on?: readonly string[];
  readonly isAsking: boolean;
  readonly choose: (offer: Offer) => void;
}

function Group({
  title,
  offers,
  on,
  isOpen,
  isAsking,
  choose,
}: OfferGroup & CardsProps & { readonly isOpen: boolean }): ComponentChild {
  const [isShown, setShown] = useState(isOpen);
  return h(
    'details',
    {
      class: 'group',
      open: isShown,
      onToggle: (event: TargetedEvent<HTMLDetailsElement>) => setShown(event.currentTarget.open),
    },
    h('summary', null, title, h('span', { class: 'quiet' }, ` ${offers.length}`)),
    isShown ? h(Cards, { offers, isAsking, choose, ...(on === undefined ? {} : { on }) }) : null,
  );
}

const Cards = ({ offers, on = [], isAsking, choose }: CardsProps): ComponentChild =>
  h(
    'ul',
    { class: 'stories' },
    offers.map((offer) =>
      h(
        'li',
        { key: offer.name },
        h('button', { type: 'button', disabled: isAsking, onClick: () => choose(offer) }, offer.title),
        h(
          'p',
          { class: 'quiet' },
          on.includes(offer.title) ? [h(Chip, { kind: 'ask', children: 'on' }), ' '] : null,
          offer.text,
        ),
      ),
    ),
  );
