import { Inject, Injectable } from '@nestjs/common';
import type { VerifiedPrincipal } from '@postern/auth-plugins';
import type { TopicRule } from '@postern/kafka';
import { GATE } from '../wiring/tokens.js';
import type { Act } from './gate.rule.js';
import type { Gate } from './gate.js';

/** Postern's own topic rules for one request (I25), asked inside the session port for every topic name. */
@Injectable()
export class TopicRules {
  constructor(@Inject(GATE) private readonly gate: Gate) {}

  forRequest(principal: VerifiedPrincipal, act: Act): TopicRule {
    return this.gate.topicRule(principal, act);
  }
}
