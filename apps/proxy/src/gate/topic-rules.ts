import { Injectable } from '@nestjs/common';
import type { VerifiedPrincipal } from '@postern/auth-plugins';
import type { TopicRule } from '@postern/kafka';

const EVERY_TOPIC: TopicRule = { admits: () => true };

/**
 * Postern's own topic rules (I25), asked inside the session port for every topic name. No rules are configured in this
 * version: the cluster's ACLs alone decide about topics.
 */
@Injectable()
export class TopicRules {
  forPrincipal(_principal: VerifiedPrincipal): TopicRule {
    return EVERY_TOPIC;
  }
}
