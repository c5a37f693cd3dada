#!/usr/bin/env node
import { strided } from './strided.ts'

process.exitCode = await strided(process.argv.slice(2))
