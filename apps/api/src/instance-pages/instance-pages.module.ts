import { Module } from '@nestjs/common';
import { InstancePages } from './instance-pages.js';
import { InvitePage } from './invite-page.js';

/** Their routes are declared by `serveInstancePages`: pages are no part of the contract. */
@Module({ providers: [InstancePages, InvitePage] })
export class InstancePagesModule {}
