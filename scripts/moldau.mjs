#!/usr/bin/env node
import { run } from './bootstrap.mjs';

process.exitCode = await run(['moldau', ...process.argv.slice(2)]);
