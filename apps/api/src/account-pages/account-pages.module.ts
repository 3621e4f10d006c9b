import { Module } from '@nestjs/common';
import { ClosingPages } from './closing-pages.js';
import { ExportsModule } from '../exports/exports.module.js';
import { EmailPages } from './email-pages.js';
import { ExportPages } from './export-pages.js';
import { PasswordPages } from './password-pages.js';

/** Their routes are declared by `serveAccountPages`: pages are no part of the contract. */
@Module({ imports: [ExportsModule], providers: [PasswordPages, EmailPages, ClosingPages, ExportPages] })
export class AccountPagesModule {}
