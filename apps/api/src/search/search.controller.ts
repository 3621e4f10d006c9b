import { Controller } from '@nestjs/common';
import { CallerOf, Input, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { searchList, searchQuery, type SearchInput } from './search.schemas.js';
import { SearchService } from './search.service.js';

@Controller()
export class SearchController {
  constructor(private readonly search: SearchService) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/search',
    tag: 'Reading',
    summary: 'People, tags or places by name: those near to the caller first, then the larger',
    access: 'required',
    query: searchQuery,
    answers: { 200: searchList },
    problems: ['cursor_invalid', 'list_expired'],
  })
  async searchByName(@Input() input: SearchInput, @CallerOf() caller: Caller) {
    return this.search.find(input, caller.userId);
  }
}
