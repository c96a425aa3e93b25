import { RequestError } from '@moldau/base';
import { topicByName } from '@moldau/metadata';
import { ControllerService } from '@moldau/proto';
import { deleteTopics, type RequestOf, type ResponseInput, ZERO_UUID } from '@moldau/protocol';
import { changeCluster, outcomeAt, repeated, told } from '../administration.ts';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Request = RequestOf<typeof deleteTopics>;
type Named = Request['topics'][number];
type Result = ResponseInput<typeof deleteTopics>['responses'][number];

export function deleteTopicsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(deleteTopics, async (request) => {
    const { responses, names, topicIds } = sorted(context, request);
    if (names.length + topicIds.length === 0) return { responses };
    const answer = await changeCluster(context, ControllerService.deleteTopics, { names, topicIds }, request.timeoutMs);
    const asked = [
      ...names.map((name): Named => ({ name, topicId: ZERO_UUID })),
      ...topicIds.map((topicId): Named => ({ name: null, topicId })),
    ];
    for (const [index, { name, topicId }] of asked.entries()) {
      if (answer instanceof RequestError) responses.push({ ...told(answer), name, topicId });
      else {
        const deleted = answer.topics[index];
        responses.push({
          ...told(outcomeAt(answer.outcomes, index)),
          name: name ?? (deleted?.name || null),
          topicId: deleted?.topicId || topicId,
        });
      }
    }
    return { responses };
  });
}

/** What the controllers are asked for, and what need not be asked: of what is named twice nothing is done. */
function sorted(
  { requests }: KafkaContext,
  { topics, topicNames }: Request,
): { readonly responses: Result[]; readonly names: string[]; readonly topicIds: string[] } {
  const responses: Result[] = [];
  const refuse = (named: Named, message: string): void => {
    responses.push({ ...told(new RequestError('INVALID_REQUEST', message)), ...named });
  };
  const names: string[] = [...topicNames];
  const topicIds: string[] = [];
  for (const named of topics) {
    const { name, topicId } = named;
    if (name === null && topicId === ZERO_UUID)
      refuse(named, 'Neither a name nor an id is given. Give one of the two.');
    else if (name !== null && topicId !== ZERO_UUID) refuse(named, 'A name and an id are given. Give one of the two.');
    else if (name === null) topicIds.push(topicId);
    else names.push(name);
  }
  const [namesTwice, idsTwice] = [repeated(names), repeated(topicIds)];
  for (const name of namesTwice) refuse({ name, topicId: ZERO_UUID }, 'The request names this topic twice.');
  for (const topicId of idsTwice) refuse({ name: null, topicId }, 'The request has this id twice.');
  const image = requests.image();
  const idsOfNames = new Map(names.map((name) => [topicByName(image, name)?.topicId, name]));
  const crossed = topicIds.flatMap((topicId) => {
    const name = idsOfNames.get(topicId);
    return name === undefined || idsTwice.has(topicId) ? [] : [{ name, topicId }];
  });
  for (const named of crossed) refuse(named, 'The request has the name of this topic and its id.');
  const stays = new Set([...namesTwice, ...idsTwice, ...crossed.flatMap(({ name, topicId }) => [name, topicId])]);
  return {
    responses,
    names: names.filter((name) => !stays.has(name)),
    topicIds: topicIds.filter((topicId) => !stays.has(topicId)),
  };
}
