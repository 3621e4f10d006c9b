import { Module } from '@nestjs/common';
import { ClosingPages } from './closing-pages.js';
import { EmailPages } from './email-pages.js';
import { PasswordPages } from './password-pages.js';

/** Their routes are declared by `serveAccountPages`: pages are no part of the contract. */
@Module({ providers: [PasswordPages, EmailPages, ClosingPages] })
export class AccountPagesModule {}
