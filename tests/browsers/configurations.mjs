// All configurations, by theme.
import * as bundle from './configurations/bundle.mjs';
import * as chains from './configurations/chains.mjs';
import * as channels from './configurations/channels.mjs';
import * as codecs from './configurations/codecs.mjs';
import * as directions from './configurations/directions.mjs';
import * as glare from './configurations/glare.mjs';
import * as ice from './configurations/ice.mjs';
import * as kinds from './configurations/kinds.mjs';
import * as rejections from './configurations/rejections.mjs';
import * as rollback from './configurations/rollback.mjs';
import * as sections from './configurations/sections.mjs';
import * as simulcast from './configurations/simulcast.mjs';
import * as tracks from './configurations/tracks.mjs';

export const configurations = [kinds, directions, sections, codecs, simulcast,
  bundle, ice, chains, tracks, rollback, glare, channels, rejections]
  .flatMap((theme) => theme.configurations);
